import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { CHROMIUM_ARGS, ensureChromium } from '../../test/chromium.ts';
import { checkDev, checkGerman, checkMissing, checkSearch, takePictures } from './checks.ts';
import { serveStrictly } from './host.ts';
import { buildSite, installSite, packFindling, startDev, step, writeSite } from './project.ts';
import { type GeneratorSite, SITES } from './sites.ts';
import { checkWorkflow } from './workflow.ts';

/**
 * `npm run test:generators [-- vitepress starlight docusaurus workflow]`: the packed package in sites of the real generators, in
 * Chromium. The generators are installed into .cache/generators, hundreds of megabytes the first time.
 */
const DEV_PORT = 4187;

async function checkSite(site: GeneratorSite, packed: string): Promise<void> {
  process.stdout.write(`${site.name}\n`);
  const folder = await installSite(site, packed);
  writeSite(site, folder);
  rmSync(join(folder, '.cache/findling'), { recursive: true, force: true });
  let said = '';
  await step('build', () => {
    said = buildSite(site, folder);
  });
  process.stdout.write(`    ${said}\n`);
  const outDir = join(folder, site.outDir);
  const host = await serveStrictly(site, outDir);
  const browser = await chromium.launch({ executablePath: ensureChromium(), args: CHROMIUM_ARGS });
  const check = async (what: string, job: () => Promise<string>) => {
    process.stdout.write(`    ${await step(what, job)}\n`);
  };
  try {
    const url = host.url + site.base;
    await check('search under a strict policy', () => checkSearch(browser, site, url));
    await check('German', () => checkGerman(browser, site, url));
    await check('no index', () => checkMissing(browser, site, url));
    await check('pictures', () => takePictures(browser, site, url, join(folder, '../pictures')));
    const dev = await step('development server', () => startDev(site, folder, DEV_PORT));
    try {
      await check('development', () => checkDev(browser, site, dev.url, folder));
    } catch (error) {
      process.stdout.write(dev.said());
      throw error;
    } finally {
      dev.stop();
    }
  } finally {
    await browser.close();
    await host.close();
  }
}

async function checkExample(packed: string): Promise<void> {
  process.stdout.write('workflow\n');
  const site = SITES.find(({ name }) => name === 'vitepress');
  if (site === undefined) throw new Error('The example workflow is that of the VitePress site.');
  const folder = await installSite(site, packed);
  writeSite(site, folder);
  await checkWorkflow(folder, packed);
}

const jobs = new Map([
  ...SITES.map((site) => [site.name, (packed: string) => checkSite(site, packed)] as const),
  ['workflow', checkExample] as const,
]);
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !jobs.has(name));
if (unknown.length > 0) {
  process.stderr.write(`Unknown: ${unknown.join(', ')}. There are ${[...jobs.keys()].join(', ')}.\n`);
  process.exit(2);
}
const packed = await step('pack findling', packFindling);
const failed: string[] = [];
for (const [name, job] of jobs) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  try {
    await job(packed);
  } catch (error) {
    failed.push(name);
    process.stdout.write(`${name} FAILED\n${error instanceof Error ? error.message : String(error)}\n`);
  }
}
process.stdout.write(failed.length === 0 ? 'all passed\n' : `failed: ${failed.join(', ')}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
