import { SearchError, toSearchError } from '../core/errors.ts';
import { version } from './installation.ts';

type Command = (args: readonly string[]) => Promise<number>;

/** name → what it does, and the module that does it; a command's code is loaded when it is called. */
const COMMANDS: Readonly<Record<string, readonly [about: string, load: () => Promise<Command>]>> = {
  demo: [
    'index the documentation of the installed packages and serve the search page',
    async () => (await import('./demo.ts')).demoCommand,
  ],
  models: [
    'list the weights of a catalog, and verify their checksums',
    async () => (await import('./models.ts')).modelsCommand,
  ],
  index: ['make the search index of a built site', async () => (await import('./index-command.ts')).indexCommand],
  search: ['search an index from the command line', async () => (await import('./search-command.ts')).searchCommand],
  serve: ['serve a folder on localhost, with Range', async () => (await import('./serve-command.ts')).serveCommand],
  eval: ['measure the search on judged queries', async () => (await import('./eval.ts')).evalCommand],
  judge: ['make a test set, and grade its results by hand', async () => (await import('./judge.ts')).judgeCommand],
  tune: [
    'fit fusion, fields, blend and calibration to judged queries',
    async () => (await import('./tune.ts')).tuneCommand,
  ],
};

function usage(): string {
  const lines = Object.entries(COMMANDS).map(([name, [about]]) => `  ${name.padEnd(8)} ${about}`);
  return `findling: search that understands, running whole in the visitor's browser\n\nUsage: findling <command> [options]   (findling <command> --help, findling --version)\n\n${lines.join('\n')}\n`;
}

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(usage());
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined)
    throw new SearchError('bad-input', `There is no command '${name}'. Known: ${Object.keys(COMMANDS).join(', ')}.`);
  return (await command[1]())(args);
}

// Of `findling … | head` the rest of the output is not wanted; the work and its exit status are.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (cause) => {
    const error = toSearchError(cause);
    process.stderr.write(`findling: ${error.message}\n`);
    // A file that cannot be read or written is no fault in the code.
    const isFault = error.code === 'internal' && cause instanceof Error && !('syscall' in cause);
    if (isFault) process.stderr.write(`${cause.stack}\n`);
    process.exitCode = 2;
  },
);
