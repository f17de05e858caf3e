// Runs the unit tests: bundled by the same tool as the page, run by Node's own test runner.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = path.dirname(fileURLToPath(import.meta.url));
const outdir = path.join(here, 'build', 'test');
const tests = readdirSync(path.join(here, 'test')).filter((name) => /\.test\.tsx?$/.test(name));

await build({
  absWorkingDir: here,
  entryPoints: tests.map((name) => `test/${name}`),
  outdir,
  bundle: true,
  platform: 'node',
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  jsx: 'automatic',
  jsxImportSource: 'preact',
  logLevel: 'warning',
  sourcemap: 'inline',
});
const built = tests.map((name) => path.join(outdir, name.replace(/\.tsx?$/, '.mjs')));
const { status } = spawnSync(process.execPath, ['--enable-source-maps', '--test', '--test-reporter=spec', ...built], { stdio: 'inherit' });
process.exit(status ?? 1);
