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
  'content',
  'data-findling-body',
  'data-findling-filter',
  'data-findling-ignore',
  'data-findling-weight',
  'hidden',
  'href',
  'id',
  'lang',
  'name',
  'open',
  'role',
  'shadowrootmode',
  'style',
  'xml:lang',
]);

const VOID = new Set(
  'area base basefont br col command embed frame hr img input keygen link meta param source track wbr'.split(' '),
);

const HEADINGS: readonly string[] = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'];

const CLOSES_PARAGRAPH =
  'address article aside blockquote details div dl fieldset figcaption figure footer form header hr main nav ol p pre section table ul';

/** Elements that end, unasked, when the key opens directly inside them. */
const IMPLIED_END = new Map<string, ReadonlySet<string>>([
  ...CLOSES_PARAGRAPH.split(' ').map((name) => [name, new Set(['p'])] as const),
  ...HEADINGS.map((name) => [name, new Set(['p', ...HEADINGS])] as const),
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

/** Elements of HTML that end a drawing or a formula which was never closed (the standard's "in foreign content"), … */
const BREAKS_OUT = new Set(
  'b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var'.split(
    ' ',
  ),
);
/** … but where it holds HTML. */
const HOLDS_HTML: readonly string[] = 'foreignobject desc title mi mo mn ms mtext annotation-xml'.split(' ');

const NO_ATTRIBUTES: Attributes = {};
const LONGEST_NAME = Math.max(...[...READ_ATTRIBUTES].map((name) => name.length));

export interface WalkOptions {
  /** Takes `<i />` as an element that ends at once, as XHTML and MDX do; HTML takes the slash for nothing. */
  readonly selfClosing?: boolean;
}

/** True for a page that begins with an XML declaration or a doctype of XHTML. */
function isXhtml(html: string): boolean {
  return /^\s*(?:<\?xml\s|<!doctype\s[^>]{0,200}\bxhtml\b)/i.test(html.slice(0, 1_000));
}

/**
 * Walks a page's tags and texts in order, every element closed. Iterative, and linear in the page's length
 * whatever its nesting: htmlparser2's Parser searches its stack at every end tag, so a page of a million
 * unclosed tags stops it; its Tokenizer has no stack, and the one kept here counts the open names.
 */
export function walkHtml(
  Tokenizer: typeof TokenizerType,
  html: string,
  handler: HtmlHandler,
  { selfClosing = isXhtml(html) }: WalkOptions = {},
): void {
  const stack = elementStack(handler, selfClosing);
  const attributes = attributeReader(html);
  let tag = '';
  const text = (piece: string) => {
    if (!stack.isDropped()) handler.text(piece);
  };
  const ignore = () => {};
  const callbacks: TokenizerCallbacks = {
    onopentagname(start, end) {
      tag = html.slice(start, end).toLowerCase();
      attributes.take();
    },
    onattribname: attributes.name,
    onattribdata: attributes.value,
    onattribentity: attributes.entity,
    onattribend: attributes.end,
    onopentagend: () => stack.open(tag, attributes.take(), false),
    onselfclosingtag: () => stack.open(tag, attributes.take(), true),
    onclosetag: (start, end) => stack.close(html.slice(start, end).toLowerCase()),
    ontext: (start, end) => text(html.slice(start, end)),
    ontextentity: (codePoint) => text(String.fromCodePoint(codePoint)),
    oncdata(start, end, offset) {
      if (stack.isForeign()) text(html.slice(start, end - offset));
    },
    isInForeignContext: stack.isForeign,
    oncomment: ignore,
    ondeclaration: ignore,
    onprocessinginstruction: ignore,
    onend: stack.closeAll,
  };
  const tokenizer = new Tokenizer({ decodeEntities: true, recognizeSelfClosing: selfClosing }, callbacks);
  tokenizer.write(html);
  tokenizer.end();
}

/** Collects the attributes of the tag being read, those that READ_ATTRIBUTES names. */
function attributeReader(html: string) {
  let attributes: Record<string, string> | undefined;
  let name = '';
  let value = '';
  return {
    name(start: number, end: number) {
      const given = end - start > LONGEST_NAME ? '' : html.slice(start, end).toLowerCase();
      name = READ_ATTRIBUTES.has(given) ? given : '';
      value = '';
    },
    value(start: number, end: number) {
      if (name !== '') value += html.slice(start, end);
    },
    entity(codePoint: number) {
      if (name !== '') value += String.fromCodePoint(codePoint);
    },
    end() {
      if (name === '') return;
      attributes ??= {};
      attributes[name] ??= value;
    },
    take(): Attributes {
      const taken = attributes ?? NO_ATTRIBUTES;
      attributes = undefined;
      return taken;
    },
  };
}

/** The open elements. Each is closed once, by its end tag, by one that implies it, or by the page's end. */
function elementStack(handler: HtmlHandler, selfClosing: boolean) {
  const names: string[] = [];
  const closers: OnClose[] = [];
  const openCount = new Map<string, number>();
  /** Depth of the dropped element we are inside of; 0 for none. */
  let droppedAt = 0;

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
  const isOpen = (name: string) => (openCount.get(name) ?? 0) > 0;
  /** Names of open elements, the innermost of which an end tag ends: a heading's ends one of another level too. */
  const endedBy = (name: string): readonly string[] => {
    if (isOpen(name)) return [name];
    return HEADINGS.includes(name) ? HEADINGS.filter(isOpen) : [];
  };
  const isForeign = () => isOpen('svg') || isOpen('math');
  return {
    isForeign,
    isDropped: () => droppedAt > 0,
    open(name: string, attributes: Attributes, selfClosed: boolean) {
      if (BREAKS_OUT.has(name) && isForeign() && !HOLDS_HTML.some(isOpen)) while (isForeign()) pop();
      const implied = IMPLIED_END.get(name);
      if (implied !== undefined)
        for (let top = names.at(-1); top !== undefined && implied.has(top); top = names.at(-1)) pop();
      const onClose = droppedAt > 0 ? undefined : handler.open(name, attributes);
      if (VOID.has(name)) {
        if (typeof onClose === 'function') onClose();
        return;
      }
      names.push(name);
      closers.push(onClose);
      openCount.set(name, (openCount.get(name) ?? 0) + 1);
      if (onClose === 'drop') droppedAt = names.length;
      if (selfClosed && (selfClosing || isForeign())) pop();
    },
    close(name: string) {
      const ended = endedBy(name);
      // HTML makes an empty paragraph of an end tag without a start: what follows is apart from what went before.
      if (ended.length === 0 && name === 'p' && droppedAt === 0) handler.close(name);
      if (ended.length === 0) return;
      for (let top = names.at(-1); top !== undefined; top = names.at(-1)) {
        pop();
        if (ended.includes(top)) return;
      }
    },
    closeAll() {
      while (names.length > 0) pop();
    },
  };
}
