import { type DialogSearch, SearchDialog } from '../element/search-dialog.ts';

const NAME = 'findling-search-dialog';

class SiteSearchDialog extends SearchDialog {
  protected override async connect(urls: readonly string[]): Promise<DialogSearch> {
    // Only now: most visits search nothing, and this is nine tenths of the code.
    const { createSiteSearch } = await import('./site-search.ts');
    return createSiteSearch({ urls });
  }
}

/** Registers `<findling-search-dialog>`; importing `findling/search-dialog` does. */
if (customElements.get(NAME) === undefined) customElements.define(NAME, SiteSearchDialog);

declare global {
  interface HTMLElementTagNameMap {
    [NAME]: SearchDialog;
  }
}

export type { DialogTexts } from '../element/dialog-texts.ts';
export { OPEN_EVENT, type SearchDialog } from '../element/search-dialog.ts';
