import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { contentPages, type DocusaurusContext, findling } from './docusaurus.ts';

const context: DocusaurusContext = {
  siteDir: '/site',
  baseUrl: '/manual/',
  siteConfig: {},
  i18n: {
    currentLocale: 'en',
    defaultLocale: 'en',
    locales: ['en', 'de'],
    localeConfigs: { en: { htmlLang: 'en-GB' }, de: { htmlLang: 'de' } },
  },
};

describe('findling for Docusaurus', () => {
  it('finds the content that Docusaurus has loaded, with its addresses', () => {
    const docs = [
      { permalink: '/manual/', source: '@site/docs/index.md' },
      { permalink: '/manual/guide', source: '@site/docs/guide.mdx' },
      { permalink: '/manual/draft', source: '@site/docs/draft.md', draft: true },
    ];
    const post = {
      permalink: '/manual/blog/one',
      source: '@site/blog/one.md',
      authors: [{ permalink: '/manual/ann' }],
    };
    const all = {
      'docusaurus-plugin-content-docs': { default: { loadedVersions: [{ docs, sidebars: {} }] } },
      'docusaurus-plugin-content-blog': { default: { blogPosts: [{ id: 'one', metadata: post }] } },
      'docusaurus-plugin-sitemap': { default: docs },
    };
    const site = { root: '/site', base: '/manual/', language: 'en', isSlashless: false };
    expect(contentPages(all, site)).toEqual([
      { file: join('/site/docs/index.md'), path: 'index.html', url: '/manual/', language: 'en' },
      { file: join('/site/docs/guide.mdx'), path: 'guide/index.html', url: '/manual/guide', language: 'en' },
      { file: join('/site/blog/one.md'), path: 'blog/one/index.html', url: '/manual/blog/one', language: 'en' },
    ]);
    const slashless = contentPages(all, { ...site, isSlashless: true });
    expect(slashless.map(({ path }) => path)).toEqual(['index.html', 'guide.html', 'blog/one.html']);
    expect(contentPages(undefined, site)).toEqual([]);
  });

  it('serves the index of the content in development, and nothing of its own in a build', () => {
    expect(findling(context).configureWebpack()).toEqual({});
    vi.stubEnv('NODE_ENV', 'development');
    try {
      expect(findling(context).configureWebpack()).toMatchObject({
        devServer: { static: [{ directory: '/site/.cache/findling/dev', publicPath: '/manual/findling' }] },
      });
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('brings the theme’s search bar', () => {
    // From src/plugins as from dist/cli, the package's root is two folders up.
    expect(existsSync(join(findling(context).getThemePath(), 'SearchBar/index.js'))).toBe(true);
  });
});
