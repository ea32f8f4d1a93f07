// SPDX-License-Identifier: Apache-2.0
// The documentation's site, as `make docs` makes it: the folder BEAMLINE_SITE, from file://.
import assert from "node:assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { open, picture, start } from "./browser.mjs";
import { contrast, overflow } from "./checks.mjs";

const pages = ["index", "commands", "docs/tutorial", "docs/networks", "docs/c", "c/table"];
const file = (name) => join(process.env.BEAMLINE_SITE, `${name}.html`);
let browser;
before(async () => { browser = await start(); });
after(() => browser.close());

for (const name of pages.filter((name) => existsSync(file(name)) || !name.startsWith("c/")))
    for (const colorScheme of ["light", "dark"])
        test(`${name} in ${colorScheme} colours`, async () => {
            const page = await open(browser, file(name), { colorScheme });
            await picture(page, `site-${name.replace("/", "-")}-${colorScheme}`);
            assert.deepStrictEqual(page.errors, []);
            assert.deepStrictEqual(page.requests.filter((url) => !url.startsWith("file:")), []);
            assert.deepStrictEqual(await contrast(page), []);
            await page.setViewportSize({ width: 390, height: 800 });
            assert.deepStrictEqual(await overflow(page), []);
        });

test("the contents lead to every page", async () => {
    const page = await open(browser, file("index"));
    const links = await page.locator("nav a, .sidebar-tree a").evaluateAll((all) =>
        all.map((a) => a.getAttribute("href")).filter((href) => /^[^#:]+\.html/.test(href)));
    assert.ok(links.length > 20, `${links.length} links`);
    for (const link of links)
        assert.ok(existsSync(join(process.env.BEAMLINE_SITE, link.split("#")[0])), link);
});

test("search finds a page by a word of it", async () => {
    const page = await open(browser, file("index"));
    await page.locator(".sidebar-search").fill("undersample");
    await page.keyboard.press("Enter");
    const found = page.locator("#search-results a");
    await found.first().waitFor();
    assert.match(await found.allTextContents().then((all) => all.join()), /Preparing events/);
    assert.deepStrictEqual(page.errors, []);
});
