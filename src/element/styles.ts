import { COLOURS } from './colours.ts';

/** A constructed style sheet: it needs no `style-src 'unsafe-inline'`. Every colour is a custom property. */
export const STYLES = `
:host {
  ${COLOURS}
  --_mark: var(--findling-mark, light-dark(#fff0b3, #5b4a00));
  display: block; color: var(--_text); font: inherit; line-height: 1.5;
}
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
.box { position: relative; }
input {
  width: 100%; font: inherit; font-size: 1.15rem; padding: .8rem 1rem; color: inherit; background: var(--_surface);
  border: 1.5px solid var(--_line); border-radius: .7rem;
}
input:focus-visible, a:focus-visible, button:focus-visible, select:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
select {
  font: inherit; font-size: .875rem; max-width: min(100%, 18rem); padding: .25rem .5rem; color: inherit; background: var(--_surface);
  border: 1px solid var(--_line); border-radius: .45rem;
}
.choices:not([hidden]) { display: flex; flex-wrap: wrap; gap: .4rem; margin-top: .5rem; }
.bar { display: flex; flex-wrap: wrap; gap: .4rem .6rem; align-items: center; margin: .6rem 0 .2rem; min-height: 2rem; font-size: .85rem; color: var(--_muted); }
.stages { display: flex; flex-wrap: wrap; gap: .35rem; margin: 0; padding: 0; list-style: none; }
.stages li { padding: .1rem .6rem; border: 1px solid var(--_line); border-radius: 1rem; white-space: nowrap; }
.stages li[data-state='done'] { border-color: var(--_accent); color: var(--_text); }
.stages li[data-state='shown'] { border-color: var(--_accent); background: var(--_accent); color: var(--_surface); }
.stages li[data-state='busy'] { border-style: dashed; }
.stages li[data-state='skipped'] { text-decoration: line-through; }
.count { margin-inline-start: auto; }
.notice { font-size: .85rem; color: var(--_muted); margin: .2rem 0; }
ol { list-style: none; margin: .4rem 0 0; padding: 0; }
ol > li { padding: .75rem .2rem; border-top: 1px solid var(--_line); }
.title { display: flex; gap: .5rem; align-items: baseline; }
a, .link { font-weight: 600; overflow-wrap: anywhere; }
a { color: var(--_accent); text-decoration: none; }
a:hover { text-decoration: underline; }
.path { color: var(--_muted); font-size: .85rem; overflow-wrap: anywhere; }
.excerpt {
  margin: .2rem 0 0; overflow-wrap: anywhere; white-space: pre-line; overflow: hidden;
  display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: var(--findling-excerpt-lines, 4);
}
mark { background: var(--_mark); color: inherit; border-radius: .15rem; }
.move { font-size: .75rem; color: var(--_muted); font-variant-numeric: tabular-nums; white-space: nowrap; }
.move[data-way='up'] { color: var(--_accent); }
button.why { margin-inline-start: auto; font: inherit; font-size: .75rem; color: var(--_muted); background: none; border: 1px solid var(--_line); border-radius: .4rem; padding: .05rem .5rem; cursor: pointer; }
table { border-collapse: collapse; font-size: .8rem; margin: .4rem 0 0; font-variant-numeric: tabular-nums; }
th, td { text-align: start; font-weight: 400; padding: .1rem 0; padding-inline-end: 1rem; color: var(--_muted); }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (forced-colors: active) { .stages li[data-state='shown'] { outline: 2px solid Highlight; } }
@media (prefers-reduced-motion: no-preference) {
  ol > li { transition: opacity .15s; }
}
`;
