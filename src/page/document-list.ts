import type { DocumentSummary } from '../engine/types.ts';
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
  button.setAttribute('aria-label', `${verb} ${titleOf(each)}`);
  // Not `disabled`, which would take the focus away.
  button.ariaDisabled = String(isLeaving);
  button.addEventListener('click', () => {
    if (!isLeaving) remove(each);
  });
  label.textContent = `${titleOf(each)} (${counted(each.passages, 'passage')})`;
  element.append(label, button);
  return element;
}
