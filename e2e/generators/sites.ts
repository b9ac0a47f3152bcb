/** A site of a real generator, and what its adapter must do there. The pages are those of content/. */
export interface GeneratorSite {
  readonly name: string;
  /** Where the generator looks for pages, by language. */
  readonly content: Readonly<Record<string, string>>;
  /** The page's title as a heading in the Markdown, for generators that do not put it there. */
  readonly heading: boolean;
  /** Last part of the built site's path. */
  readonly outDir: string;
  readonly base: string;
  /** Arguments of the generator's own command in node_modules/.bin. */
  readonly build: readonly string[];
  readonly dev: (port: number) => readonly string[];
  /** Commands run in Node of this version at least; older ones are replaced by the site's own. */
  readonly node?: number;
  /** Results open without loading the page anew. */
  readonly isSinglePage: boolean;
  /** The German start page. */
  readonly german: string;
  /** Where the theme keeps light or dark: a key of localStorage, and the value for each. */
  readonly theme: { readonly key: string; readonly light: string; readonly dark: string };
  /** What the generator's own pages need beyond the strict policy; hashes of inline scripts and styles are added. */
  readonly policy: Readonly<Record<string, string>>;
  /** In development a changed page is found after a reload only. */
  readonly devReload: boolean;
}

export const SITES: readonly GeneratorSite[] = [
  {
    name: 'vitepress',
    content: { en: '.', de: 'de' },
    heading: true,
    outDir: '.vitepress/dist',
    base: '/handbook/',
    build: ['vitepress', 'build'],
    dev: (port) => ['vitepress', 'dev', '--port', String(port), '--strictPort'],
    isSinglePage: true,
    german: 'de/',
    theme: { key: 'vitepress-theme-appearance', light: 'light', dark: 'dark' },
    policy: {
      'style-src-attr': "'unsafe-inline'",
      // The theme stops transitions while it changes its colours.
      'style-src': "'self' 'sha256-skqujXORqzxt1aE0NNXxujEanPTX6raoqSscTV/Ww/Y='",
      'font-src': "'self'",
    },
    devReload: false,
  },
  {
    name: 'starlight',
    content: { en: 'src/content/docs', de: 'src/content/docs/de' },
    heading: false,
    outDir: 'dist',
    base: '/docs/',
    build: ['astro', 'build'],
    dev: (port) => ['astro', 'dev', '--port', String(port)],
    node: 22,
    isSinglePage: false,
    german: 'de/',
    theme: { key: 'starlight-theme', light: 'light', dark: 'dark' },
    policy: { 'style-src-attr': "'unsafe-inline'" },
    devReload: false,
  },
  {
    name: 'docusaurus',
    content: { en: 'docs', de: 'i18n/de/docusaurus-plugin-content-docs/current' },
    heading: false,
    outDir: 'build',
    base: '/manual/',
    build: ['docusaurus', 'build'],
    dev: (port) => ['docusaurus', 'start', '--port', String(port), '--no-open'],
    isSinglePage: true,
    german: 'de/',
    theme: { key: 'theme', light: 'light', dark: 'dark' },
    policy: { 'style-src-attr': "'unsafe-inline'" },
    devReload: true,
  },
];
