import type { Attributes } from './html-walk.ts';

/** Where a page's content is looked for, narrowest first. */
export type Region = 'marked' | 'main' | 'article' | 'body' | 'everything';

const MARKED_REGIONS: readonly Region[] = ['marked', 'main', 'article'];

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/**
 * Elements whose text is no text of the page. An `annotation` is a formula's source beside its signs: the signs are what
 * is seen, copied and asked for, and TeX's commands would be words that the page does not show.
 */
const UNREADABLE = words(
  'annotation annotation-xml applet audio button canvas datalist frameset iframe map math-field noframes noscript object optgroup option script select style svg template textarea video',
);
/** Furniture of the site when it stands outside the main content; inside, `header` holds the title and `aside` a note. */
const SITE_FURNITURE = words('header footer aside');
const FURNITURE_ROLES = words(
  'navigation search banner contentinfo complementary menu menubar toolbar dialog alertdialog',
);
/** The same, by their ids, on pages that don't mark their main content. */
const FURNITURE_IDS = words('banner breadcrumbs footer header masthead nav navbar navigation sidebar');
/** React's, Vue's, Next's, Nuxt's, Gatsby's, Docusaurus', Svelte's. */
const APPLICATION_IDS = words('root app __next __nuxt ___gatsby __docusaurus svelte');
/** docutils' name of a section, whose id is made of its heading's words. */
const SECTION_CLASSES = words('section');
/** Class names of an index's tables and of the links into them: Sphinx, DocBook, Texinfo. */
const INDEX_CLASSES = words(
  'genindex-jumpbox genindextable index-cp index-fn index-ky index-pg index-tp index-vr indexdiv indextable modindex-jumpbox printindex',
);
/** Where Sphinx's search page asks, and where it answers. */
const SEARCH_IDS = words('search-documentation search-results');
/** Class names of navigation, of what styles hide and of text for screen readers: Sphinx, rustdoc, Texinfo, DocBook, Docusaurus, WordPress and the like. */
const FURNITURE_CLASSES = words(
  'breadcrumb breadcrumbs docnav gutter hideme lineno linenos nav-panel navfooter navheader prev-next related screen-reader-text skip-link sphinxsidebar sr-only table-of-contents toc toctree-l1 viewcode-link visually-hidden',
);
/** Class names of the link to a heading that stands beside it, or around it. */
export const PERMALINK_CLASSES = words(
  'anchor anchorjs-link hash-link header-anchor headerlink heading-anchor id_link',
);

/** Class names of notes set into the text, whose titles head nothing but the note. */
const NOTE_CLASSES = words('admonition alert callout caution important note sidebar tip warning');

export const BLOCKS = words(
  'address article aside blockquote body br caption center dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr legend li main menu nav ol p pre section summary table tbody tfoot thead tr ul',
);

export const HEADINGS: ReadonlyMap<string, number> = new Map(
  ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((h, i) => [h, i + 1]),
);

export function hasClass(attributes: Attributes, names: ReadonlySet<string>): boolean {
  const value = attributes.class;
  return (
    value !== undefined && (names.has(value) || (value.includes(' ') && value.split(/\s+/).some((c) => names.has(c))))
  );
}

/** True for what stands beside the text: a heading in it does not head what follows. What holds the page is none, whatever its class. */
export function isNote(name: string, attributes: Attributes): boolean {
  if (name !== 'aside' && !hasClass(attributes, NOTE_CLASSES)) return false;
  return name !== 'body' && !MARKED_REGIONS.some((region) => isRegionRoot(name, attributes, region));
}

/** Where an element stands. */
export interface Place {
  readonly region: Region;
  /** Inside the region; in the whole body, inside an article, whose `header` and `aside` are its own. */
  readonly inside: boolean;
  /** Inside a heading's words. */
  readonly inHeading: boolean;
  /** In Markdown or a fragment, which have no furniture of a site. */
  readonly whole: boolean;
}

/** True for elements that are left out with all they hold. */
export function isDropped(name: string, attributes: Attributes, place: Place): boolean {
  const { region, inside } = place;
  // A folding section's heading is a button: its words are the heading's.
  // A shadow root that is written in the page is shown.
  const isShown = (name === 'button' && place.inHeading) || attributes.shadowrootmode !== undefined;
  if (UNREADABLE.has(name) && !isShown) return true;
  if (attributes['data-findling-ignore'] !== undefined) return true;
  if (isHidden(name, attributes)) return true;
  if (region === 'everything' || attributes['data-findling-body'] !== undefined) return false;
  if (name === 'nav') return true;
  if (
    hasClass(attributes, FURNITURE_CLASSES) ||
    hasClass(attributes, INDEX_CLASSES) ||
    isLocalContents(attributes) ||
    isCodeLabel(attributes)
  )
    return true;
  if (attributes.role !== undefined && FURNITURE_ROLES.has(attributes.role))
    return !isRegionRoot(name, attributes, region);
  if (region === 'body' && !place.whole && isFurnitureById(name, attributes)) return true;
  if (place.whole || !SITE_FURNITURE.has(name)) return false;
  if (region === 'body' && !inside) return attributes.id !== 'title-block-header'; // pandoc's, which holds the title
  // Outside a region nothing is kept, but the region may yet begin inside the element.
  return inside && name === 'footer';
}

/** True for what a page that only leads to others is made of: an index's tables, or the place where a search is answered. */
export function isLookup(attributes: Attributes, { region, inside }: Place): boolean {
  if (hasClass(attributes, INDEX_CLASSES)) return inside || region === 'body';
  // Outside the main content any page of a site may have one.
  return inside && region !== 'body' && attributes.id !== undefined && SEARCH_IDS.has(attributes.id);
}

/** An id made of a heading's words ("Navigation") marks a section of the page, not the site's furniture. */
function isFurnitureById(name: string, attributes: Attributes): boolean {
  if (attributes.id === undefined || !FURNITURE_IDS.has(attributes.id)) return false;
  return !HEADINGS.has(name) && name !== 'section' && name !== 'dt' && !hasClass(attributes, SECTION_CLASSES);
}

/** What holds all of a page that is an application, by the ids that its frameworks give it. */
function isApplication(name: string, { id }: Attributes): boolean {
  return name === 'div' && id !== undefined && APPLICATION_IDS.has(id);
}

function isHidden(name: string, attributes: Attributes): boolean {
  // Hidden by their own scripts until these have run, or while a dialog was open when the page was saved.
  if (name === 'html' || name === 'body' || isApplication(name, attributes)) return false;
  if (attributes.role === 'tabpanel') return false; // one click away: pages hide all panels but the first
  if (attributes.hidden !== undefined && attributes.hidden !== 'until-found') return true;
  if (attributes['aria-hidden'] === 'true') return name !== 'a'; // links to headings are judged by their words
  if (name === 'dialog') return attributes.open === undefined;
  return attributes.style !== undefined && /display\s*:\s*none/i.test(attributes.style);
}

/** VitePress's name of a code block's language; words in another language have a `lang`. */
function isCodeLabel(attributes: Attributes): boolean {
  return attributes.class === 'lang' && attributes.lang === undefined;
}

/** docutils' table of contents inside a page, and the caption of Sphinx's. What holds the latter holds the chapters themselves on a single page. */
function isLocalContents(attributes: Attributes): boolean {
  if (attributes.role === 'heading') return attributes.class === 'caption';
  return attributes.class !== undefined && /^contents (?:local )?topic\b|^contents local/.test(attributes.class);
}

export function isRegionRoot(name: string, attributes: Attributes, region: Region): boolean {
  if (region === 'marked') return attributes['data-findling-body'] !== undefined;
  if (region === 'main') return name === 'main' || attributes.role === 'main';
  return region === 'article' && (name === 'article' || attributes.role === 'article');
}

/** The regions a page may have, by a look at its source; a tag inside a comment only costs a second reading. */
export function likelyRegions(html: string): readonly Region[] {
  const regions: Region[] = [];
  if (html.includes('data-findling-body')) regions.push('marked');
  if (/<main[\s>]|role\s*=\s*["']?main\b/i.test(html)) regions.push('main');
  if (/<article[\s>]|role\s*=\s*["']?article\b/i.test(html)) regions.push('article');
  return [...regions, 'body'];
}
