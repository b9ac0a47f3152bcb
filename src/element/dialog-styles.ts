import { COLOURS } from './colours.ts';

/**
 * The dialog's constructed style sheet. Sites set the `--findling-*` colours to variables of their theme, which then
 * follow its light and dark; without them `color-scheme` decides.
 */
export const DIALOG_STYLES = `
:host {
  ${COLOURS}
  --_field: var(--findling-field, var(--_surface));
  --_selected: var(--findling-selected, color-mix(in srgb, var(--_accent) 12%, var(--_surface)));
  display: inline-flex; align-items: center; color: var(--_text); font: inherit; line-height: 1.5;
}
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
button { font: inherit; color: inherit; background: none; border: 0; cursor: pointer; }
svg { width: 1.15em; height: 1.15em; flex: none; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; }
kbd { font: inherit; font-size: .75em; padding: .05em .45em; border: 1px solid var(--_line); border-radius: .3em; color: var(--_muted); white-space: nowrap; }
.open {
  display: flex; align-items: center; gap: .5em; width: 100%; padding: .4em .65em; font-size: .875rem; color: var(--_muted);
  background: var(--_field); border: 1px solid var(--_line); border-radius: .5em; transition: border-color .15s;
}
.open:hover { border-color: var(--_accent); color: var(--_text); }
.open kbd { margin-inline-start: auto; }
button:focus-visible, a:focus-visible, select:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
dialog {
  width: min(40rem, calc(100vw - 2rem)); max-width: none; max-height: min(38rem, calc(100dvh - 6rem)); margin: 4rem auto auto; padding: 0;
  color: var(--_text); background: var(--_surface); border: 1px solid var(--_line); border-radius: .75rem; overflow: hidden;
  box-shadow: 0 1rem 3rem rgb(0 0 0 / .3); text-align: start; font-size: 1rem; font-weight: 400; font-style: normal;
  letter-spacing: normal; word-spacing: normal; text-transform: none; white-space: normal;
}
dialog[open] { display: flex; flex-direction: column; }
dialog::backdrop { background: var(--findling-backdrop, rgb(0 0 0 / .5)); }
.field { display: flex; align-items: center; gap: .6rem; padding: .3rem .5rem .3rem .9rem; border-bottom: 1px solid var(--_line); color: var(--_muted); }
input { flex: 1; min-width: 0; font: inherit; font-size: 1.05rem; color: var(--_text); background: none; border: 0; padding: .6rem 0; outline: none; }
input::placeholder { color: var(--_muted); opacity: 1; }
.field:focus-within { box-shadow: inset 0 -1px var(--_accent); }
.close { padding: .5rem; display: flex; align-items: center; border-radius: .4rem; color: var(--_muted); }
select { font: inherit; font-size: .8125rem; max-width: min(100%, 16rem); padding: .2rem .4rem; color: inherit; background: var(--_field); border: 1px solid var(--_line); border-radius: .4rem; }
.choices:not([hidden]) { display: flex; flex-wrap: wrap; gap: .4rem; padding: .5rem .9rem; border-bottom: 1px solid var(--_line); }
.notice { margin: 0; padding: .9rem 1rem; color: var(--_muted); font-size: .875rem; overflow-wrap: anywhere; }
.notice:empty, [role='listbox']:empty { display: none; }
[role='listbox'] { margin: 0; padding: .4rem; list-style: none; overflow-y: auto; overscroll-behavior: contain; }
[role='option'] { border-radius: .5rem; }
[role='option'] a, [role='option'] .link { display: block; padding: .55rem .65rem; color: inherit; text-decoration: none; border-radius: inherit; }
[role='option'][aria-selected='true'] { background: var(--_selected); }
.title { font-weight: 600; overflow-wrap: anywhere; color: var(--_accent); }
.path { font-size: .8125rem; color: var(--_muted); overflow-wrap: anywhere; }
.excerpt {
  font-size: .875rem; overflow-wrap: anywhere; white-space: normal; overflow: hidden;
  display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2;
}
mark { background: var(--findling-mark, none); color: var(--_accent); font-weight: 600; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 47.99rem) {
  .open { width: auto; padding: .5em; background: none; border-color: transparent; color: inherit; font-size: 1rem; }
  .open span, .open kbd { display: none; }
  dialog { width: 100%; height: 100dvh; max-height: none; margin: 0; border: 0; border-radius: 0; }
}
@media (forced-colors: active) { .field:focus-within, [aria-selected='true'] { outline: 2px solid Highlight; outline-offset: -2px; } }
@media (prefers-reduced-motion: reduce) { .open { transition: none; } }
`;
