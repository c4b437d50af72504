// Builds the scripts that ship in the package: those of the report, of the keeper pages, and the apps of review and live runs.
//
//     node build.mjs [--out FOLDER] [--watch]
//
// FOLDER is the package's (default: ../src/touchline). The same sources give the same bytes, which a test relies on.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, context } from 'esbuild';

const HERE = dirname(fileURLToPath(import.meta.url));
const REVIEW = join(HERE, 'src', 'review');
const LIVE = join(HERE, 'src', 'live');

const options = process.argv.slice(2);
const at = options.indexOf('--out');
const out = resolve(at < 0 ? join(HERE, '..', 'src', 'touchline') : options[at + 1]);

const common = {
  absWorkingDir: HERE,
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['es2022'],
  charset: 'utf8',
  legalComments: 'none',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  metafile: true,
  logLevel: 'warning',
};

const PAGES = {
  ...common,
  entryPoints: { report: 'src/report/main.ts', keeper: 'src/keeper/main.ts' },
  outdir: join(out, 'report', 'static'),
};

const APP = {
  ...common,
  entryPoints: { app: 'src/review/main.tsx', live: 'src/live/main.tsx' },
  outdir: join(out, 'review', 'static'),
};

/** Copy the pages of the review app and of live runs, and write licences and checksums beside scripts and styles. */
function finishApp(metafile) {
  const folder = APP.outdir;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'index.html'), readFileSync(join(REVIEW, 'index.html')));
  writeFileSync(join(folder, 'live.html'), readFileSync(join(LIVE, 'live.html')));
  writeFileSync(join(folder, 'LICENSES.txt'), licences(metafile));
  const names = ['LICENSES.txt', 'app.css', 'app.js', 'index.html', 'live.css', 'live.html', 'live.js'].filter((name) => existsSync(join(folder, name)));
  const sums = Object.fromEntries(names.map((name) => [name, sha256(readFileSync(join(folder, name)))]));
  writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(sums, null, 2)}\n`);
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Return name, version and licence text of every package that a bundle holds. */
function licences(metafile) {
  const inputs = Object.keys(metafile.inputs).filter((path) => path.includes('node_modules/'));
  const packages = [...new Set(inputs.map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)[1]))].sort();
  const head = 'The review tool contains these packages.\n';
  return [head, ...packages.map(licenceOf)].join(`\n${'-'.repeat(78)}\n\n`);
}

function licenceOf(name) {
  const folder = join(HERE, 'node_modules', name);
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  const text = file ? readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim() : '';
  return `${name} ${version} (${license})\n\n${text}\n`;
}

const hasApp = existsSync(join(REVIEW, 'main.tsx'));
if (options.includes('--watch')) {
  const finish = { name: 'finish', setup: (b) => b.onEnd((result) => { if (result.metafile) finishApp(result.metafile); }) };
  await (await context(PAGES)).watch();
  if (hasApp) await (await context({ ...APP, plugins: [finish] })).watch();
} else {
  await build(PAGES);
  if (hasApp) finishApp((await build(APP)).metafile);
}
