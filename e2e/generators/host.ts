import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type StaticServer, serveFolders } from '../../src/cli/static-server.ts';
import type { GeneratorSite } from './sites.ts';

/** What our docs promise to be enough: no eval, no WebAssembly, no worker, nothing inline. */
const STRICT: Readonly<Record<string, string>> = {
  'default-src': "'none'",
  'script-src': "'self'",
  'connect-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' data:",
  'base-uri': "'none'",
  'form-action': "'none'",
};

/** Serves a built site under its base, with the strict policy and what the generator's own pages need beyond it. */
export function serveStrictly(site: GeneratorSite, outDir: string): Promise<StaticServer> {
  return serveFolders({
    folders: { [site.base]: outDir },
    port: 0,
    headers: { 'content-security-policy': policyOf(site, outDir) },
  });
}

/** The policy: hashes admit the inline scripts and styles that the generator writes, and no others. */
export function policyOf(site: GeneratorSite, outDir: string): string {
  const pages = readdirSync(outDir, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.html'))
    .map((name) => readFileSync(join(outDir, name), 'utf8'));
  const policy = { ...STRICT, ...site.policy };
  for (const [tag, directive] of [
    ['script', 'script-src'],
    ['style', 'style-src'],
  ] as const) {
    const inline = new Set(pages.flatMap((page) => inlineOf(page, tag)));
    policy[directive] = [policy[directive], ...inline].join(' ');
  }
  return Object.entries(policy)
    .map(([directive, value]) => `${directive} ${value}`)
    .join('; ');
}

function inlineOf(page: string, tag: string): readonly string[] {
  return [...page.matchAll(new RegExp(`<${tag}(\\s[^>]*)?>([\\s\\S]*?)</${tag}>`, 'g'))]
    .filter(([, attributes]) => !/\ssrc=/.test(attributes ?? ''))
    .map(
      ([, , text]) =>
        `'sha256-${createHash('sha256')
          .update(text ?? '')
          .digest('base64')}'`,
    );
}
