// Bundle the tests and run them with node's own runner: `npm test`.

import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'touchline-tests-'));
try {
  const tests = readdirSync(here).filter((name) => name.endsWith('.test.ts')).map((name) => join(here, name));
  await build({
    entryPoints: tests, outdir: out, bundle: true, platform: 'node', format: 'esm', outExtension: { '.js': '.mjs' },
    logLevel: 'warning',
  });
  const files = readdirSync(out).filter((name) => name.endsWith('.mjs')).map((name) => join(out, name));
  process.exitCode = spawnSync(process.execPath, ['--test', ...files], { stdio: 'inherit' }).status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
