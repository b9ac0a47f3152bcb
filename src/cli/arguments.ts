import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SearchError } from '../core/errors.ts';

/** What `parse` reads of a command line; an option that the command does not know is 'bad-input', not a crash. `advice` follows that. */
export function parsed<T>(command: string, parse: () => T, advice = ''): T {
  try {
    return parse();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    // Node goes on with how to write a text that begins as an option does.
    const [first = reason] = reason.split('. To specify', 1);
    throw new SearchError(
      'bad-input',
      `${[first.replace(/\.?$/, '.'), advice].join(' ').trim()} See findling ${command} --help.`,
      {
        cause,
      },
    );
  }
}

/** The number that a text writes; NaN for a blank one, which Number() takes for 0. */
export function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

/** The port that `--port` names; 0 for any free one. */
export function portOf(text: string): number {
  const port = numberOf(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new SearchError('bad-input', `--port takes a whole number from 0 (any free port) to 65535, not '${text}'.`);
  return port;
}

/** Serves on this machine only; gives back the port, which with 0 the system chose. */
export async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new SearchError('locked', `Port ${port} is in use. Give another with --port.`, { cause: error })
          : error,
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}
