import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SearchError } from '../core/errors.ts';
import { parsed, portOf } from './arguments.ts';
import { serveFolders } from './static-server.ts';

const HELP = `findling serve <folder> [--port 4321] [--base /]

Serves a built site with its index on localhost, as a static host with Range does, for trying it out.
--base is the path under which it was built to be: /docs/.
`;

const OPTIONS = {
  port: { type: 'string', default: '4321' },
  base: { type: 'string', default: '/' },
  help: { type: 'boolean', default: false },
} as const;

export async function serveCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parsed('serve', () =>
    parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS }),
  );
  const [folder, ...more] = positionals;
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const port = portOf(values.port);
  if (folder === undefined || more.length > 0)
    throw new SearchError('bad-input', 'findling serve takes one folder. See --help.');
  const base = basePath(values.base);
  if (!(await stat(folder).catch(() => undefined))?.isDirectory())
    throw new SearchError('not-found', `${resolve(folder)} is no folder.`);
  const server = await serveFolders({ folders: { [base]: resolve(folder) }, port });
  process.stdout.write(`serving ${resolve(folder)} at ${server.url}${base}\n`);
  return 0;
}

/** With a slash at both ends, however it was given. */
export function basePath(text: string): string {
  const inside = text.replace(/^\/+|\/+$/g, '');
  return inside === '' ? '/' : `/${inside}/`;
}
