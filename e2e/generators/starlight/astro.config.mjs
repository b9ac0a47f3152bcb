import starlight from '@astrojs/starlight';
import { defineConfig } from 'astro/config';
import { findling } from 'findling/starlight';

export default defineConfig({
  base: '/docs',
  integrations: [
    starlight({
      title: 'Slipway',
      defaultLocale: 'root',
      locales: { root: { label: 'English', lang: 'en' }, de: { label: 'Deutsch' } },
      sidebar: [
        { label: 'Guide', items: [{ autogenerate: { directory: 'guide' } }] },
        { label: 'Reference', items: [{ autogenerate: { directory: 'reference' } }] },
      ],
      plugins: [findling()],
    }),
  ],
});
