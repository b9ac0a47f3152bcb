/** The page of `findling judge`: one file, built from text nodes, talking only to the server that gave it. */
export const JUDGE_PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>findling judge</title><link rel="icon" href="data:,">
<style>
:root{color-scheme:light dark;--line:#8885;--mark:#0072b233}
body{font:16px/1.5 system-ui,sans-serif;margin:0;display:grid;grid-template-columns:minmax(12rem,20rem) 1fr;height:100vh}
nav{overflow:auto;border-right:1px solid var(--line);padding:.5rem}main{overflow:auto;padding:1rem 1.5rem}
#list button{display:block;width:100%;text-align:left;border:0;background:none;font:inherit;color:inherit;padding:.3rem .5rem;border-radius:.3rem;cursor:pointer}
#list button[aria-current=true]{background:var(--mark)}nav small{opacity:.7}h1{position:sticky;top:-1rem;background:Canvas;margin:0;padding:.6rem 0;font-size:1.4rem}
article{border:1px solid var(--line);border-radius:.4rem;padding:.5rem .8rem;margin:.6rem 0;max-width:60rem}
article:focus{outline:3px solid #0072b2}article p{margin:.3rem 0;white-space:pre-wrap;overflow-wrap:anywhere;max-height:14rem;overflow:auto}
.grades button{min-width:2.2rem;margin-right:.3rem}.grades button[aria-pressed=true]{outline:2px solid #0072b2;font-weight:700}
form{display:flex;gap:.4rem;margin:.4rem 0}input{flex:1;min-width:0;font:inherit}
@media (max-width:45rem){body{grid-template-columns:1fr;height:auto}nav{max-height:35vh}}
</style></head><body>
<nav aria-label="Queries"><form id="ask"><input aria-label="Ask your own question" placeholder="Ask your own question"><button>Add</button></form><div id="list"></div></nav>
<main><h1 id="question">Choose a query</h1>
<p>Grade the marked result with the keys <b>0</b> not relevant, <b>1</b> somewhat, <b>2</b> relevant, <b>3</b> just right; <b>x</b> takes a grade back;
<b>↑ ↓</b> move; <b>n</b> next query. Each key is saved at once.</p><p id="status" role="status"></p><div id="results"></div></main>
<script>
'use strict';
const element = (name, properties = {}, ...children) => { const made = Object.assign(document.createElement(name), properties); made.append(...children); return made; };
const by = (id) => document.getElementById(id);
const say = (text) => { by('status').textContent = text; };
let queries = [], current, results = [], opening = 0;
async function call(path, body) {
  const answer = await fetch(path, body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const value = await answer.json();
  if (!answer.ok) throw new Error(value.error);
  return value;
}
const careful = (work) => (...args) => work(...args).catch((error) => say(error.message));
function showList() {
  by('list').replaceChildren(...queries.map((query) => {
    const button = element('button', { onclick: () => open(query.id) }, query.text, ' ', element('small', {}, query.graded + ' graded'));
    button.setAttribute('aria-current', String(query.id === current));
    return button;
  }));
}
const open = careful(async (id) => {
  const turn = ++opening;
  current = id; showList();
  by('question').textContent = queries.find((query) => query.id === id).text;
  results = []; showResults(); say('Searching …');
  const found = await call('results?query=' + encodeURIComponent(id));
  if (turn !== opening) return;
  results = found; say(results.length + ' results'); showResults();
  const at = results.findIndex((result) => result.grade === null);
  by('results').children[Math.max(0, at)]?.focus();
});
function showResults() {
  by('results').replaceChildren(...results.map((result, at) => {
    const buttons = [0, 1, 2, 3].map((grade) => {
      const button = element('button', { type: 'button', onclick: () => give(at, grade), tabIndex: -1 }, String(grade));
      button.setAttribute('aria-pressed', String(result.grade === grade));
      return button;
    });
    const article = element('article', { tabIndex: 0 }, element('b', {}, result.title || result.id), element('p', {}, result.text), element('div', { className: 'grades' }, ...buttons));
    article.setAttribute('aria-label', 'Result ' + (at + 1) + (result.grade === null ? ', not graded' : ', grade ' + result.grade));
    return article;
  }));
}
const give = careful(async (at, grade) => {
  // Another question may be opened before the answer comes: these are of the one that was graded.
  const turn = opening, query = current, given = results;
  await call('grade', { query, document: given[at].id, grade });
  given[at].grade = grade;
  queries.find((each) => each.id === query).graded = given.filter((result) => result.grade !== null).length;
  showList();
  if (turn !== opening) return;
  showResults(); say('Saved.');
  by('results').children[Math.min(results.length - 1, grade === null ? at : at + 1)]?.focus();
});
document.addEventListener('keydown', (event) => {
  if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey || current === undefined) return;
  const articles = [...by('results').children], at = articles.indexOf(document.activeElement);
  if ('0123'.includes(event.key) && event.key.length === 1 && at >= 0) give(at, Number(event.key));
  else if (event.key === 'x' && at >= 0) give(at, null);
  else if (event.key === 'ArrowDown') articles[Math.min(articles.length - 1, at + 1)]?.focus();
  else if (event.key === 'ArrowUp') articles[Math.max(0, at - 1)]?.focus();
  else if (event.key === 'n') { const next = queries[(queries.findIndex((query) => query.id === current) + 1) % queries.length]; if (next) open(next.id); }
  else return;
  event.preventDefault();
});
by('ask').addEventListener('submit', (event) => {
  event.preventDefault();
  const field = by('ask').querySelector('input');
  careful(async () => { const query = await call('ask', { text: field.value }); queries.push(query); field.value = ''; await open(query.id); })();
});
careful(async () => { queries = await call('queries'); showList(); if (queries.length > 0) await open(queries[0].id); })();
</script></body></html>
`;
