import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SearchError } from '../core/errors.ts';
import { parsed, portOf } from './arguments.ts';
import { serveFolders } from './static-server.ts';

const HELP = `findling serve <folder> [--port 4321]

Serves a built site with its index on localhost, as a static host with Range does, for trying it out.
`;

export async function serveCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parsed('serve', () =>
    parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { port: { type: 'string', default: '4321' }, help: { type: 'boolean', default: false } },
    }),
  );
  const [folder] = positionals;
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const port = portOf(values.port);
  if (folder === undefined) throw new SearchError('bad-input', 'findling serve takes a folder. See --help.');
  if (!(await stat(folder).catch(() => undefined))?.isDirectory())
    throw new SearchError('not-found', `${resolve(folder)} is no folder.`);
  const server = await serveFolders({ folders: { '/': resolve(folder) }, port });
  process.stdout.write(`serving ${resolve(folder)} at ${server.url}\n`);
  return 0;
}
