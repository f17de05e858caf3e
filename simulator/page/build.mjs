// Builds the page: one HTML file with its script and style in it, and the Content-Security-Policy that names their hashes.
//
//   node build.mjs [--out DIR]     (default: simulator/src/server/page, what the binary carries)

import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const LARGEST = 300 * 1024;
const here = path.dirname(fileURLToPath(import.meta.url));

/** The page and its policy, as text. */
export async function page({ minify = true } = {}) {
  const { outputFiles } = await build({
    absWorkingDir: here,
    entryPoints: { page: 'src/main.tsx' },
    bundle: true,
    minify,
    write: false,
    outdir: 'build',
    format: 'iife',
    target: ['chrome111', 'firefox115', 'safari16.4'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    charset: 'utf8',
  });
  const text = (ending) => outputFiles.find((file) => file.path.endsWith(ending)).text.trim();
  const style = text('.css');
  // The one sequence that would end the element early.
  const script = text('.js').replaceAll('</script', '<\\/script');
  const hash = (content) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
  const policy = [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>larkwire sim</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='7' fill='%232f6fed'/%3E%3Cpath d='M4 9.5h2l1.5-4 2 6L11 8h1.5' fill='none' stroke='%23fff' stroke-width='1.3'/%3E%3C/svg%3E">
<style>${style}</style>
</head>
<body>
<div id="page"></div>
<noscript>This page needs JavaScript. The same things can be done with the control API: /_sim/v1/openapi.json</noscript>
<script>${script}</script>
</body>
</html>
`;
  return { html, policy };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { out: { type: 'string', default: '../src/server/page' } } });
  const out = path.resolve(here, values.out);
  const { html, policy } = await page();
  if (html.length > LARGEST) throw new Error(`the page has ${html.length} bytes, more than ${LARGEST}`);
  await mkdir(out, { recursive: true });
  await writeFile(path.join(out, 'index.html'), html);
  await writeFile(path.join(out, 'policy.txt'), policy);
  console.log(`${(Buffer.byteLength(html) / 1024).toFixed(1)} KiB of at most ${LARGEST / 1024} in ${path.relative(process.cwd(), out)}/index.html`);
}
