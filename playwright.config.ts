import { defineConfig } from '@playwright/test';
import { CHROMIUM_ARGS, ensureChromium } from './test/chromium.ts';

const executablePath = ensureChromium();

export default defineConfig({
  testDir: 'e2e',
  fullyParallel: true,
  workers: 2,
  forbidOnly: process.env.CI !== undefined,
  retries: process.env.CI === undefined ? 0 : 1,
  timeout: 150_000,
  expect: { timeout: 30_000 },
  reporter: [['list']],
  use: { launchOptions: { executablePath, args: CHROMIUM_ARGS }, trace: 'retain-on-failure' },
  projects: [
    { name: 'built', testIgnore: /dev\.spec\.ts/, use: { baseURL: 'http://localhost:4173' } },
    { name: 'dev', testMatch: /dev\.spec\.ts/, use: { baseURL: 'http://localhost:4174' } },
  ],
  webServer: [
    {
      command: 'tsx e2e/serve.ts built 4173 4175',
      url: 'http://localhost:4173',
      timeout: 240_000,
      reuseExistingServer: process.env.CI === undefined,
    },
    {
      command: 'tsx e2e/serve.ts dev 4174 4173',
      url: 'http://localhost:4174',
      timeout: 240_000,
      reuseExistingServer: process.env.CI === undefined,
    },
  ],
});
