import type { DocumentSummary } from '../engine/types.ts';
import { nameOf } from './files.ts';
import { part } from './part.ts';
import { counted } from './report.ts';

export interface ListOptions {
  /** Ids of those that are being removed. */
  readonly removing: ReadonlySet<string>;
  remove(document: DocumentSummary): void;
}

export function titleOf({ title, url }: DocumentSummary): string {
  return title === '' ? url : title;
}

/** Where a document was found, if its title does not say so: three may be called "Notes". */
function pathOf({ id, title }: DocumentSummary): readonly string[] {
  const path = nameOf(id);
  return title === '' || title === path ? [] : [path];
}

/** The visitor's own documents. The focus stays with its document; where that has gone it goes to the one in its place. */
export function showDocuments(documents: readonly DocumentSummary[], options: ListOptions): void {
  const list = part('#documents');
  const buttons = () => [...list.querySelectorAll('button')];
  const at = buttons().findIndex((button) => button.matches(':focus'));
  const held = buttons()[at]?.dataset.id;
  list.replaceChildren(...documents.map((each) => row(each, options)));
  if (held === undefined) return;
  const now = buttons();
  const next = now.find(({ dataset }) => dataset.id === held) ?? now[Math.min(at, now.length - 1)];
  (next ?? part('#pick-files')).focus();
}

function row(each: DocumentSummary, { removing, remove }: ListOptions): HTMLLIElement {
  const element = document.createElement('li');
  const button = document.createElement('button');
  const label = document.createElement('span');
  const isLeaving = removing.has(each.id);
  const verb = isLeaving ? 'Removing' : 'Remove';
  button.type = 'button';
  button.dataset.id = each.id;
  button.textContent = isLeaving ? `${verb}…` : verb;
  const name = [titleOf(each), ...pathOf(each)].join(', ');
  button.setAttribute('aria-label', `${verb} ${name}`);
  // Not `disabled`, which would take the focus away.
  button.ariaDisabled = String(isLeaving);
  button.addEventListener('click', () => {
    if (!isLeaving) remove(each);
  });
  // Names may be written in another direction than the page; the number would be torn apart in theirs.
  const title = document.createElement('bdi');
  title.textContent = titleOf(each);
  label.append(title, ` (${counted(each.passages, 'passage')})`);
  for (const path of pathOf(each)) {
    const file = document.createElement('small');
    file.dir = 'auto';
    file.textContent = path;
    label.append(' ', file);
  }
  element.append(label, button);
  return element;
}
