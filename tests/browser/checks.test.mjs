// SPDX-License-Identifier: Apache-2.0
// The checks find every mistake of wrong.html.
import assert from "node:assert";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { open, start } from "./browser.mjs";
import { contrast, figures, overflow } from "./checks.mjs";

const wrong = fileURLToPath(new URL("wrong.html", import.meta.url));
let browser;
before(async () => { browser = await start(); });
after(() => browser.close());

test("scripts and requests", async () => {
    const page = await open(browser, wrong);
    assert.match(page.errors.join("\n"), /undefined_function is not defined/);
    assert.deepStrictEqual(page.requests.filter((url) => !url.startsWith("file:")),
                           ["https://beamline.invalid/picture.png"]);
});

test("figures", async () => {
    assert.deepStrictEqual(await figures(await open(browser, wrong)), [
        "hidden: is not to be seen",
        'letters: "past the edge" is outside of the picture',
        'letters: "small" has letters of 7.0 px',
        'letters: "one" and "two" overlap',
        "cut: 200 px do not fit into 150",
    ]);
});

test("contrast", async () => {
    for (const [colorScheme, expected] of [
        ["light", [/^"faint words": contrast 1\.2/, /^"on a cell": contrast 1\.2/,
                   /^lines: path stroke #f4f4f4: contrast 1\.1/]],
        ["dark", [/^"faint words"/, /^"past the edge"/, /^"one"/, /^"two"/, /^"small"/, /^"on a cell"/,
                  /^lines: path stroke var\(--bl-0\): contrast 1\.\d+: rgb\(16,24,32\)/]],
    ]) {
        const found = await contrast(await open(browser, wrong, { colorScheme }));
        assert.strictEqual(found.length, expected.length, `${colorScheme}: ${found.join("\n")}`);
        found.forEach((line, i) => assert.match(line, expected[i]));
    }
});

test("overflow", async () => {
    const page = await open(browser, wrong, { viewport: { width: 390, height: 800 } });
    assert.match((await overflow(page)).join("\n"), /^PRE +ends at 908 of 390 px$/);
    await page.setViewportSize({ width: 1000, height: 800 });
    assert.deepStrictEqual(await overflow(page), []);
});
