import { findling } from 'findling/vitepress';
import { defineConfig } from 'vitepress';

export default defineConfig({
  title: 'Slipway',
  base: '/handbook/',
  locales: {
    root: { label: 'English', lang: 'en-GB' },
    de: { label: 'Deutsch', lang: 'de', link: '/de/' },
  },
  themeConfig: {
    nav: [{ text: 'Guide', link: '/guide/installation' }],
    sidebar: [
      {
        text: 'Guide',
        items: [
          { text: 'Installation', link: '/guide/installation' },
          { text: 'Cancelling and refunds', link: '/guide/cancellation' },
        ],
      },
    ],
  },
  vite: { plugins: [findling()] },
});
