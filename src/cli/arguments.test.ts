import { afterEach, expect, it, vi } from 'vitest';
import { portOf } from './arguments.ts';
import { demoCommand } from './demo.ts';
import { modelsCommand } from './models.ts';
import { searchCommand } from './search-command.ts';
import { serveCommand } from './serve-command.ts';

const asked: string[] = [];
vi.mock('../engine/static-index.ts', () => ({ staticIndex: () => ({ open: async () => undefined }) }));
vi.mock('../engine/searcher.ts', () => ({
  createSearcher: () => ({
    search: async (question: string) => {
      asked.push(question);
      return { results: [], skipped: [] };
    },
  }),
}));
afterEach(() => void vi.restoreAllMocks());

it('takes an unknown option for bad input, and says where to read on', async () => {
  const commands = { search: searchCommand, serve: serveCommand, models: modelsCommand, demo: demoCommand };
  for (const [name, command] of Object.entries(commands))
    await expect(command(['--wrong'])).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(new RegExp(`^Unknown option '--wrong'\\. .*See findling ${name} --help\\.$`)),
    });
});

it('takes only ports for ports', async () => {
  expect(['0', '4321', '65535'].map(portOf)).toEqual([0, 4321, 65_535]);
  for (const text of ['abc', '', ' ', '1.5', '-1', '65536'])
    expect(() => portOf(text)).toThrow(expect.objectContaining({ code: 'bad-input' }));
  await expect(serveCommand(['.', '--port', 'abc'])).rejects.toMatchObject({ code: 'bad-input' });
  await expect(demoCommand(['--port', 'abc'])).rejects.toMatchObject({ code: 'bad-input' });
});

it('asks the whole question, quoted or not', async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  await searchCommand(['how', 'do', 'I', 'deploy', '--index', 'x']);
  await searchCommand(['how do I deploy', '--index', 'x']);
  expect(asked).toEqual(['how do I deploy', 'how do I deploy']);
  await expect(searchCommand([' ', '--index', 'x'])).rejects.toMatchObject({ code: 'bad-input' });
});
