/** The colours of both elements: a page's own, else these by its `color-scheme`. */
export const COLOURS = `
  --_accent: var(--findling-accent, light-dark(#0b6e4f, #6fd3ae));
  --_text: var(--findling-text, light-dark(#1c2321, #e8ecea));
  --_muted: var(--findling-muted, light-dark(#55605c, #a3afaa));
  --_line: var(--findling-line, light-dark(#d8dedb, #36403c));
  --_surface: var(--findling-surface, light-dark(#ffffff, #1a201e));`.trim();
