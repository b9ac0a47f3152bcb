import { tmpdir } from 'node:os';
import { expect, it, vi } from 'vitest';
import { demoCommand } from './demo.ts';

vi.mock('./installation.ts', async (original) => ({ ...(await original<object>()), IS_CHECKOUT: false }));

it('says what is missing where an installed findling finds no packages', async () => {
  vi.spyOn(process, 'cwd').mockReturnValue(tmpdir());
  await expect(demoCommand([])).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringMatching(/There is no .*node_modules\. Run findling demo in a folder/),
  });
});
