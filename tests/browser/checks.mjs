// SPDX-License-Identifier: Apache-2.0
// What can be wrong with how a page looks. Each function runs inside the page and gives a list of
// complaints, a sentence each, that name the figure and the text; wrong.html has each mistake.

// Figures that are not there to be seen, or not all of them, letters outside their picture, on top
// of others, or small. What is wider than its frame must be scrolled there.
export function figures(page, smallest = 9) {
    return page.evaluate((smallest) => {
        const complaints = [];
        const visible = (box) => box.width > 0 && box.height > 0;
        // Lines of letters have room above and below that may overlap.
        const ink = (box) => ({ left: box.left, right: box.right,
            top: box.top + 0.2 * box.height, bottom: box.bottom - 0.2 * box.height });
        const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
            Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
        for (const [i, svg] of [...document.querySelectorAll("svg.bl-chart")].entries()) {
            const name = svg.id || `figure ${i}`, frame = svg.getBoundingClientRect();
            if (!visible(frame) || !svg.checkVisibility()) {
                complaints.push(`${name}: is not to be seen`);
                continue;
            }
            const around = svg.parentElement, room = around.clientWidth;
            if (frame.width > room + 1 && !/auto|scroll/.test(getComputedStyle(around).overflowX))
                complaints.push(`${name}: ${Math.round(frame.width)} px do not fit into ${room}`);
            const texts = [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim())
                .map((text) => ({ text, said: text.textContent, box: text.getBoundingClientRect() }));
            for (const { text, said, box } of texts) {
                const scale = text.getScreenCTM();
                const size = parseFloat(getComputedStyle(text).fontSize) *
                    Math.hypot(scale.a, scale.b);
                if (!visible(box))
                    complaints.push(`${name}: "${said}" is not to be seen`);
                if (box.left < frame.left - 1 || box.right > frame.right + 1 ||
                    box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
                    complaints.push(`${name}: "${said}" is outside of the picture`);
                if (size < smallest - 0.01)
                    complaints.push(`${name}: "${said}" has letters of ${size.toFixed(1)} px`);
            }
            for (let i = 0; i < texts.length; i++)
                for (let j = 0; j < i; j++)
                    if (meet(ink(texts[i].box), ink(texts[j].box)))
                        complaints.push(`${name}: "${texts[j].said}" and "${texts[i].said}" overlap`);
        }
        return complaints;
    }, smallest);
}

// Text, and lines and dots of figures, that have too little contrast to what is behind them. Lines
// of the grid, and what lets more than a tenth through, may be faint.
export function contrast(page, least = 3) {
    return page.evaluate((least) => {
        const probe = document.body.appendChild(document.createElement("div"));
        probe.style.background = "Canvas";
        const paper = getComputedStyle(probe).backgroundColor; // where nothing else is said
        probe.remove();
        const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
        const parse = (color) => {
            canvas.clearRect(0, 0, 1, 1);
            canvas.fillStyle = color;
            canvas.fillRect(0, 0, 1, 1);
            const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
            return { rgb: [r, g, b], a: a / 255 };
        };
        const over = (front, back) => back.map((c, i) => front.rgb[i] * front.a + c * (1 - front.a));
        const luminance = (rgb) => {
            const [r, g, b] = rgb.map((c) => c / 255)
                .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const ratio = (a, b) => {
            const [x, y] = [luminance(a), luminance(b)];
            return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
        };
        const paint = (element, property) => {
            const style = getComputedStyle(element);
            if (style[property] === "none")
                return { rgb: [0, 0, 0], a: 0 };
            const color = parse(style[property]);
            const alpha = { fill: style.fillOpacity, stroke: style.strokeOpacity }[property] ?? 1;
            return { rgb: color.rgb, a: color.a * alpha * style.opacity };
        };
        const isShape = (element) => element instanceof SVGGeometryElement;
        // The colour behind an element: all that lies below its middle, blended. Words lie on their
        // own element's background. Nothing of what is out of sight, such as links that only a
        // keyboard reaches.
        const behind = (element) => {
            element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
            const box = element.getClientRects()[0];
            const stack = document.elementsFromPoint(box.left + box.width / 2,
                                                     box.top + box.height / 2);
            if (!stack.includes(element))
                return null;
            let rgb = parse(paper).rgb;
            const below = stack.slice(stack.indexOf(element) + (element instanceof SVGElement));
            for (const other of below.reverse())
                rgb = over(paint(other, isShape(other) ? "fill" : "backgroundColor"), rgb);
            return rgb;
        };
        const complaints = new Set();
        const judge = (front, back, what) => {
            const r = ratio(over(front, back), back);
            if (r < least)
                complaints.add(`${what}: contrast ${r.toFixed(2)}: rgb(${front.rgb}) on ` +
                               `rgb(${back.map(Math.round)})`);
        };
        const seen = new Set();
        const letters = [...document.body.querySelectorAll("*")].filter((element) =>
            element.checkVisibility({ opacityProperty: true }) &&
            !["SCRIPT", "STYLE", "title", "desc"].includes(element.tagName) &&
            [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
        for (const element of letters) {
            const isSvg = element instanceof SVGElement;
            if (!isSvg && element.getClientRects().length === 0)
                continue;
            // One of each kind of text on a page is enough; letters of figures may lie on cells.
            const style = getComputedStyle(element);
            const kind = `${element.parentElement.className} ${element.className} ` +
                `${element.tagName} ${style.color}`;
            if (!isSvg && seen.has(kind))
                continue;
            seen.add(kind);
            const back = behind(element);
            if (back)
                judge(paint(element, isSvg ? "fill" : "color"), back,
                      `"${element.textContent.trim().slice(0, 40)}"`);
        }
        for (const svg of document.querySelectorAll("svg.bl-chart")) {
            const back = behind(svg.parentElement);
            const own = back && over(paint(svg, "backgroundColor"), back);
            for (const shape of svg.querySelectorAll("path, line, polyline, rect, circle"))
                for (const property of own && !shape.closest("clipPath") ? ["stroke", "fill"] : []) {
                    const said = shape.getAttribute(property) ?? "", color = paint(shape, property);
                    // Whole boxes are cells of matrices, whose numbers were judged, or paper.
                    if (color.a >= 0.9 && !/grid|paper/.test(said) &&
                        !(property === "fill" && shape.tagName === "rect"))
                        judge(color, own, `${svg.id}: ${shape.tagName} ${property} ${said}`);
                }
        }
        return [...complaints];
    }, least);
}

// What is wider than the window, if anything makes the page so.
export function overflow(page) {
    return page.evaluate(() => {
        const width = document.documentElement.clientWidth;
        if (document.documentElement.scrollWidth <= width && document.body.scrollWidth <= width)
            return [];
        return [...document.body.querySelectorAll("*")]
            .filter((element) => element.getBoundingClientRect().right > width + 1)
            .slice(0, 5)
            .map((e) => `${e.tagName} ${e.id || e.getAttribute("class") || ""} ends at ` +
                        `${Math.round(e.getBoundingClientRect().right)} of ${width} px`);
    });
}
