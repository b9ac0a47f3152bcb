import { decodeContent } from '../ingest/decoding.ts';

/** How far a head is looked for: some pages carry all their styles in it. */
const LONGEST_HEAD = 256 * 1024;

type Attributes = ReadonlyMap<string, string>;

/** What a page's head says of the page, before it is read whole. */
export interface PageHead {
  /** The page sends on, or asks not to be found. */
  readonly hidden: boolean;
  /** Of `<html lang>`, as it stands; '' where there is none. */
  readonly language: string;
}

export function readHead(content: string | Uint8Array): PageHead {
  let hidden = false;
  let language = '';
  for (const { name, attributes } of headTags(headText(content))) {
    if (name === 'html') language = attributes.get('lang') ?? attributes.get('xml:lang') ?? language;
    else hidden ||= isNoindex(attributes) || isRedirect(attributes);
  }
  return { hidden, language };
}

/** The tags looked for are ASCII: only UTF-16 must be decoded to see them. */
function headText(content: string | Uint8Array): string {
  if (typeof content === 'string') return content.slice(0, LONGEST_HEAD);
  const head = content.subarray(0, LONGEST_HEAD);
  if (head[0] === 0xff || head[0] === 0xfe) return decodeContent(head, 'html');
  return Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1');
}

function isNoindex(attributes: Attributes): boolean {
  if (attributes.get('name')?.trim().toLowerCase() !== 'robots') return false;
  const asked = (attributes.get('content') ?? '').toLowerCase().split(',');
  return asked.some((each) => ['noindex', 'none'].includes(each.trim()));
}

function isRedirect(attributes: Attributes): boolean {
  return (
    attributes.get('http-equiv')?.trim().toLowerCase() === 'refresh' && /url\s*=/i.test(attributes.get('content') ?? '')
  );
}

/** Where what is no tag ends; a tag in a comment or a script says nothing, nor does one for visitors without scripts. */
const ENDS: Readonly<Record<string, RegExp>> = {
  '<!--': /-->/g,
  '<noscript': /<\/noscript/gi,
  '<script': /<\/script/gi,
  '<style': /<\/style/gi,
};

/** The `<html>` and `<meta>` tags up to `</head>`. One pass, linear in the text's length. */
function* headTags(text: string): Generator<{ readonly name: 'html' | 'meta'; readonly attributes: Attributes }> {
  const starts = /<!--|<\/head\b|<(?:noscript|script|style|html|meta)(?=[\s/>])/gi;
  for (let start = starts.exec(text); start !== null; start = starts.exec(text)) {
    const found = start[0].toLowerCase();
    if (found === '</head') return;
    const end = ENDS[found];
    if (end === undefined) {
      const { attributes, at } = readAttributes(text, starts.lastIndex);
      yield { name: found === '<html' ? 'html' : 'meta', attributes };
      starts.lastIndex = at;
      continue;
    }
    end.lastIndex = starts.lastIndex;
    if (end.exec(text) === null) return;
    starts.lastIndex = end.lastIndex;
  }
}

/** The attributes from `start` to the tag's end, in any order, with or without quotes; of one given twice, the first. `content=noindex/>` means noindex. */
function readAttributes(text: string, start: number): { readonly attributes: Attributes; readonly at: number } {
  const attribute = /[\s/]*([^\s/=>]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"'][^\s>]*?)(?=\/?>|\s|$)))?/y;
  const attributes = new Map<string, string>();
  let at = start;
  attribute.lastIndex = start;
  for (let match = attribute.exec(text); match !== null; match = attribute.exec(text)) {
    at = attribute.lastIndex;
    const name = (match[1] ?? '').toLowerCase();
    if (!attributes.has(name)) attributes.set(name, match[2] ?? match[3] ?? match[4] ?? '');
  }
  return { attributes, at };
}
