import { findling } from 'findling/docusaurus';

export default {
  title: 'Slipway',
  url: 'https://slipway.example',
  baseUrl: '/manual/',
  i18n: {
    defaultLocale: 'en',
    locales: ['en', 'de'],
    localeConfigs: { en: { htmlLang: 'en-GB' }, de: { htmlLang: 'de-DE' } },
  },
  presets: [['classic', { docs: { routeBasePath: '/' }, blog: false, pages: false }]],
  plugins: [findling],
  themeConfig: { navbar: { title: 'Slipway', items: [{ type: 'localeDropdown', position: 'right' }] } },
};
