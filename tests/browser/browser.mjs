// SPDX-License-Identifier: Apache-2.0
// Pages opened in Debian's Chromium, and all that they do noted: complaints of scripts, requests.
//
// BEAMLINE_BROWSER: the folder of scripts/setup --browser; BEAMLINE_SCREENSHOTS: where pictures go.
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const { chromium } = createRequire(join(process.env.BEAMLINE_BROWSER, "/"))("playwright-core");
const screenshots = process.env.BEAMLINE_SCREENSHOTS;

// Root may not have Chromium's sandbox; what is opened is ours.
export const start = () => chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"],
});

// Opens a file. `options` are the page's: colorScheme, viewport. The page has `errors`, what scripts
// and the browser complained of, and `requests`, all URLs that were asked for.
export async function open(browser, file, options = {}) {
    const page = await browser.newPage({ viewport: { width: 1200, height: 900 }, ...options });
    page.errors = [];
    page.requests = [];
    page.on("pageerror", (error) => page.errors.push(String(error)));
    page.on("console", (message) => {
        if (["error", "warning"].includes(message.type()))
            page.errors.push(message.text());
    });
    page.on("request", (request) => page.requests.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    return page;
}

// A picture of the whole page, for people to look at.
export async function picture(page, name) {
    if (!screenshots)
        return;
    mkdirSync(screenshots, { recursive: true });
    await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
}
