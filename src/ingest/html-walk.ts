import type { TokenizerCallbacks, Tokenizer as TokenizerType } from 'htmlparser2';

/** The attributes that reading needs; names in lower case, values with entities resolved. */
export type Attributes = Readonly<Record<string, string | undefined>>;

/** `'drop'` leaves out the element with all it holds; a function is called when the element ends. */
export type OnClose = 'drop' | (() => void) | undefined;

export interface HtmlHandler {
  open(name: string, attributes: Attributes): OnClose;
  close(name: string): void;
  /** Entities are resolved; a run of text may come in pieces. */
  text(text: string): void;
}

const READ_ATTRIBUTES = new Set([
  'aria-hidden',
  'aria-label',
  'class',
  'data-findling-body',
  'data-findling-ignore',
  'data-findling-weight',
  'hidden',
  'href',
  'id',
  'lang',
  'name',
  'open',
  'role',
  'style',
  'xml:lang',
]);

const VOID = new Set(
  'area base basefont br col command embed frame hr img input keygen link meta param source track wbr'.split(' '),
);

const CLOSES_PARAGRAPH =
  'address article aside blockquote details div dl fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr main nav ol p pre section table ul';

/** Elements that end, unasked, when the key opens directly inside them. */
const IMPLIED_END = new Map<string, ReadonlySet<string>>([
  ...CLOSES_PARAGRAPH.split(' ').map((name) => [name, new Set(['p'])] as const),
  ['li', new Set(['li', 'p'])],
  ['dt', new Set(['dt', 'dd', 'p'])],
  ['dd', new Set(['dt', 'dd', 'p'])],
  ['tr', new Set(['tr', 'td', 'th', 'p'])],
  ['td', new Set(['td', 'th', 'p'])],
  ['th', new Set(['td', 'th', 'p'])],
  ['tbody', new Set(['thead', 'tbody', 'tr', 'td', 'th', 'p'])],
  ['tfoot', new Set(['tbody', 'tr', 'td', 'th', 'p'])],
  ['option', new Set(['option'])],
  ['body', new Set(['head'])],
]);

const NO_ATTRIBUTES: Attributes = {};

/**
 * Walks a page's tags and texts in order, every element closed. Iterative, and linear in the page's length
 * whatever its nesting: htmlparser2's Parser searches its stack at every end tag, so a page of a million
 * unclosed tags stops it; its Tokenizer has no stack, and the one kept here counts the open names.
 */
export function walkHtml(Tokenizer: typeof TokenizerType, html: string, handler: HtmlHandler): void {
  const names: string[] = [];
  const closers: (OnClose | undefined)[] = [];
  const openCount = new Map<string, number>();
  /** Depth of the dropped element we are inside of; 0 for none. */
  let droppedAt = 0;
  let tag = '';
  let attributes: Record<string, string> | undefined;
  let attributeName = '';
  let attributeValue = '';

  const pop = () => {
    const name = names.pop() ?? '';
    const onClose = closers.pop();
    openCount.set(name, (openCount.get(name) ?? 1) - 1);
    if (droppedAt > 0) {
      if (names.length < droppedAt) droppedAt = 0;
      return;
    }
    if (typeof onClose === 'function') onClose();
    handler.close(name);
  };
  const isForeign = () => (openCount.get('svg') ?? 0) > 0 || (openCount.get('math') ?? 0) > 0;
  const open = (selfClosed: boolean) => {
    const implied = IMPLIED_END.get(tag);
    if (implied !== undefined)
      for (let top = names.at(-1); top !== undefined && implied.has(top); top = names.at(-1)) pop();
    const onClose = droppedAt > 0 ? undefined : handler.open(tag, attributes ?? NO_ATTRIBUTES);
    attributes = undefined;
    if (VOID.has(tag)) return;
    names.push(tag);
    closers.push(onClose);
    openCount.set(tag, (openCount.get(tag) ?? 0) + 1);
    if (onClose === 'drop') droppedAt = names.length;
    if (selfClosed && isForeign()) pop();
  };
  const ignore = () => {};
  const callbacks: TokenizerCallbacks = {
    onopentagname(start, end) {
      tag = html.slice(start, end).toLowerCase();
      attributes = undefined;
    },
    onattribname(start, end) {
      const name = end - start > 20 ? '' : html.slice(start, end).toLowerCase();
      attributeName = READ_ATTRIBUTES.has(name) ? name : '';
      attributeValue = '';
    },
    onattribdata(start, end) {
      if (attributeName !== '') attributeValue += html.slice(start, end);
    },
    onattribentity(codePoint) {
      if (attributeName !== '') attributeValue += String.fromCodePoint(codePoint);
    },
    onattribend() {
      if (attributeName === '') return;
      attributes ??= {};
      attributes[attributeName] ??= attributeValue;
    },
    onopentagend: () => open(false),
    onselfclosingtag: () => open(true),
    onclosetag(start, end) {
      const name = html.slice(start, end).toLowerCase();
      if ((openCount.get(name) ?? 0) === 0) return;
      for (let top = names.at(-1); top !== undefined; top = names.at(-1)) {
        pop();
        if (top === name) return;
      }
    },
    ontext(start, end) {
      if (droppedAt === 0) handler.text(html.slice(start, end));
    },
    ontextentity(codePoint) {
      if (droppedAt === 0) handler.text(String.fromCodePoint(codePoint));
    },
    oncdata(start, end, offset) {
      if (droppedAt === 0 && isForeign()) handler.text(html.slice(start, end - offset));
    },
    isInForeignContext: isForeign,
    oncomment: ignore,
    ondeclaration: ignore,
    onprocessinginstruction: ignore,
    onend() {
      while (names.length > 0) pop();
    },
  };
  const tokenizer = new Tokenizer({ decodeEntities: true }, callbacks);
  tokenizer.write(html);
  tokenizer.end();
}
