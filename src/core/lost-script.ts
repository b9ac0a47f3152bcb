import { SearchError } from './errors.ts';

/** Chromium's, Firefox' and Safari's words for an import() whose script, or one that it imports, has not come. */
const LOST = /dynamically imported module|importing a module script failed/i;

/** `error` as a SearchError where it says that a script has not come, be it offline or after an update of the site; else unchanged. */
export function lostScript(error: unknown, task: string): unknown {
  if (!(error instanceof TypeError && LOST.test(error.message))) return error;
  return new SearchError(
    'network',
    `The script that ${task} could not be loaded. Check the connection and try again; if it stays so, reload the page.`,
    { cause: error },
  );
}
