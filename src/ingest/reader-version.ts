/** Raise it with every change of what is read of a page: findling index reads cached pages anew then. */
export const READER_VERSION = 8;
