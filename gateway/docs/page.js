"use strict";
/* Draws /openapi.json: operations by tag, then the messages that they refer to. All text is set as text, never as
 * HTML. */

function element(name, options = {}, ...children) {
    const e = document.createElement(name);
    for (const [key, value] of Object.entries(options))
        if (key === "class") e.className = value; else e.setAttribute(key, value);
    e.append(...children.filter((child) => child !== null && child !== ""));
    return e;
}

const anchor = (component) => "schema-" + component;

function reference(pointer) {
    const name = pointer.split("/").pop();
    return element("a", {href: "#" + anchor(name)}, name);
}

function bounds(low, high, unit) {
    if (low === undefined && high === undefined)
        return [];
    return [high === undefined ? `${low} or more${unit}` : `${low ?? 0}..${high}${unit}`];
}

/* What a value may be, beyond its type. */
function rules(s) {
    const list = [s.format, s.contentEncoding].filter(Boolean);
    if (s.minimum !== -2147483648)
        list.push(...bounds(s.minimum, s.maximum, ""));
    list.push(...bounds(s.minLength, s.maxLength, " characters"), ...bounds(s.minItems, s.maxItems, " of them"));
    if (s.pattern) list.push(s.pattern);
    if (s.default !== undefined) list.push("default " + JSON.stringify(s.default));
    if (s.const !== undefined) list.push(JSON.stringify(s.const));
    if (s.readOnly) list.push("ignored when sent");
    return list.join(", ");
}

const alternative = (s) => s.maxLength === 0 ? ["empty"] : brief(s);

/* A schema in a line: an array of texts and links. */
function brief(s) {
    if (s.$ref) return [reference(s.$ref)];
    if (s.enum) return [s.enum.map((value) => JSON.stringify(value)).join(" | ")];
    if (s.type === "array" || Array.isArray(s.type) && s.type.includes("array"))
        return ["list of ", ...brief(s.items), " ", rules(s)];
    const parts = [[s.type].flat().filter(Boolean).join(" or "), " ", rules(s)];
    if (s.anyOf)
        parts.push(s.anyOf.map(alternative).flatMap((part, i) => i ? [" or ", ...part] : part));
    if (s.examples)
        parts.push(", such as " + s.examples.map((value) => JSON.stringify(value)).join(", "));
    return parts.flat();
}

function row(name, required, schema, description) {
    return element("tr", {},
        element("td", {}, element("code", required ? {class: "required"} : {}, name)),
        element("td", {}, element("span", {class: "type"}, ...brief(schema)),
            description ? element("div", {}, description) : null));
}

function parameters(list) {
    if (!list) return [];
    const rows = list.map((p) => row(p.name, p.required, p.schema, `${p.description ?? ""} (${p.in})`));
    return [element("h4", {}, "Parameters"), element("table", {}, ...rows)];
}

function body(request) {
    if (!request) return [];
    const schema = request.content["application/json"].schema;
    const note = request.required ? "" : " (may be left out)";
    return [element("h4", {}, "Body"), element("p", {}, ...brief(schema), note)];
}

function answers(responses, components) {
    const rows = Object.entries(responses).map(([status, answer]) => {
        const a = answer.$ref ? components.responses[answer.$ref.split("/").pop()] : answer;
        const content = Object.values(a.content ?? {})[0];
        const shown = content && !answer.$ref ? brief(content.schema) : [];
        return element("tr", {}, element("td", {}, element("code", {}, status)),
            element("td", {}, a.description, " ", ...shown));
    });
    return [element("h4", {}, "Answers"), element("table", {}, ...rows)];
}

function operation(path, method, o, components) {
    const open = (o.security ?? []).length === 0;
    const e = element("details", {id: o.operationId},
        element("summary", {}, element("span", {class: "method"}, method.toUpperCase()), element("code", {}, path),
            element("span", {class: "note"}, o.summary ?? "")),
        element("p", {}, o.description ?? "", open ? " For anybody." : " Needs an access token."),
        ...parameters(o.parameters), ...body(o.requestBody), ...answers(o.responses, components));
    e.dataset.text = `${method} ${path} ${o.summary ?? ""} ${o.tags}`.toLowerCase();
    return e;
}

function schema(name, s) {
    const required = new Set(s.required ?? []);
    const rows = Object.entries(s.properties ?? {}).map(([key, value]) =>
        row(key, required.has(key), value, value.description));
    return element("details", {id: anchor(name)}, element("summary", {}, element("code", {}, name)),
        s.description ? element("p", {}, s.description) : null, element("table", {}, ...rows));
}

function draw(api) {
    const url = api.servers[0].url, main = document.getElementById("operations");
    document.getElementById("title").textContent = `${api.info.title} ${api.info.version}`;
    document.getElementById("about").textContent = api.info.description;
    for (const tag of api.tags) {
        main.append(element("h2", {}, `${tag.name}: ${tag.description}`));
        for (const [path, item] of Object.entries(api.paths))
            for (const [method, o] of Object.entries(item))
                if (o.tags.includes(tag.name))
                    main.append(operation(url + path, method, o, api.components));
    }
    document.getElementById("schemas").append(
        ...Object.entries(api.components.schemas).map(([name, s]) => schema(name, s)));
}

function filter(event) {
    const words = event.target.value.toLowerCase().split(/\s+/);
    for (const e of document.querySelectorAll("#operations details"))
        e.hidden = !words.every((word) => e.dataset.text.includes(word));
}

/* A link to a message opens it. */
function openTarget() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) {
        target.open = true;
        target.scrollIntoView();
    }
}

async function start() {
    try {
        draw(await (await fetch("/openapi.json")).json());
    } catch (error) {
        document.getElementById("about").textContent = `/openapi.json cannot be shown: ${error.message}`;
    }
    document.getElementById("filter").addEventListener("input", filter);
    window.addEventListener("hashchange", openTarget);
    openTarget();
}

start();
