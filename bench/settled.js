// Notes when a Streamlit page last changed, from before its first script runs; `window.bench` tells.
//
// Settled is the page whose script run is over, by Streamlit's own status, on which nothing is stale or a placeholder,
// every chart, map and table of which has painted, that waits for no answer of fetch, and on which then nothing has
// changed for QUIET_MS while the browser was idle enough to change it. Changes are those of the DOM below the main part
// of the page, and drawing on any canvas. The time that counts is that of the last change, not that at which the quiet
// was sure. What stands inside a canvas for screen readers is not painted: a table's follows up to 0.2 s after what it
// shows, by the design of that component. It does not count as a change, and `heard` tells when it last did.
(() => {
    const QUIET_MS = 150;
    const LOOK_MS = 25;
    const LATE_MS = 60; // a timer this late says that the browser was busy, and busy is not quiet
    const MAIN = '[data-testid=stMain]';
    const PENDING = '[data-stale=true], [data-testid=stSkeleton]';
    const PAINTED = { // by kind of element, what stands in it once it has painted
        stVegaLiteChart: 'canvas, svg',
        stDeckGlJsonChart: 'canvas',
        stDataFrame: 'canvas',
    };
    const bench = {
        changedAt: 0, heardAt: 0, runOverAt: 0, runs: 0, askedAt: 0, fetching: 0, kind: '', received: 0, complaint: '',
        changes: { dom: 0, canvas: 0, webgl: 0, fetch: 0 },
    };
    window.bench = bench;
    const changed = (kind) => {
        bench.changedAt = performance.now();
        bench.kind = kind;
        bench.changes[kind] += 1;
    };

    // What a reader does last; an event's own time is earlier than any handler.
    for (const kind of ['pointerdown', 'pointerup', 'click', 'keydown']) {
        addEventListener(kind, (event) => { if (event.isTrusted) bench.askedAt = event.timeStamp; }, true);
    }
    const hook = (prototype, names, kind) => {
        for (const name of names) {
            const drawn = prototype && prototype[name];
            if (typeof drawn !== 'function') continue;
            prototype[name] = function (...given) {
                if (this.canvas === undefined || this.canvas.isConnected !== false) changed(kind);
                return drawn.apply(this, given);
            };
        }
    };
    hook(window.CanvasRenderingContext2D?.prototype,
        ['fillRect', 'clearRect', 'fillText', 'fill', 'stroke', 'drawImage', 'putImageData'], 'canvas');
    for (const context of [window.WebGLRenderingContext, window.WebGL2RenderingContext]) {
        hook(context?.prototype,
            ['drawArrays', 'drawElements', 'drawArraysInstanced', 'drawElementsInstanced', 'drawRangeElements'],
            'webgl');
    }
    const fetched = window.fetch;
    window.fetch = function (...given) {
        bench.fetching += 1;
        const over = () => { bench.fetching -= 1; changed('fetch'); };
        const answer = fetched.apply(this, given);
        answer.then(over, over);
        return answer;
    };

    // The end of a run is read from the server's own message: the status in the DOM skips a run that was quick.
    // Top level of a ForwardMsg in protobuf; field 6 is script_finished, value 2 of it says that another run follows.
    const FINISHED = 6, EARLY = 2;
    const finished = (bytes) => {
        let at = 0;
        const number = () => {
            let value = 0, shift = 1, byte;
            do { byte = bytes[at++]; value += (byte & 127) * shift; shift *= 128; } while (byte & 128);
            return value;
        };
        while (at < bytes.length) {
            const tag = number(), field = Math.floor(tag / 8), type = tag % 8;
            if (type === 0) {
                const value = number();
                if (field === FINISHED) return value !== EARLY;
            } else if (type === 2) { const size = number(); at += size; }
            else at += type === 1 ? 8 : 4;
        }
        return false;
    };
    const Socket = window.WebSocket;
    window.WebSocket = class extends Socket {
        constructor(...given) {
            super(...given);
            this.addEventListener('message', (event) => {
                if (!(event.data instanceof ArrayBuffer)) { bench.complaint = 'a message is no ArrayBuffer'; return; }
                bench.received += event.data.byteLength;
                if (finished(new Uint8Array(event.data))) {
                    bench.runs += 1;
                    bench.runOverAt = event.timeStamp;
                }
            });
        }
    };
    new MutationObserver((records) => {
        const main = document.querySelector(MAIN);
        for (const { target } of main ? records : []) {
            if (!main.contains(target)) continue;
            const element = target.nodeType === Node.ELEMENT_NODE ? target : target.parentElement;
            if (element && element.closest('canvas')) bench.heardAt = performance.now();
            else changed('dom');
        }
    }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });

    const isWaiting = (runs) => {
        const app = document.querySelector('[data-testid=stApp]');
        const main = document.querySelector(MAIN);
        if (!app || !main || bench.runs <= runs) return 'script';
        if (app.dataset.testScriptState !== 'notRunning') return 'script';
        if (app.dataset.testConnectionState !== 'CONNECTED') return 'connection';
        if (main.querySelector(PENDING)) return 'stale';
        if (bench.fetching) return 'fetch';
        for (const [kind, inside] of Object.entries(PAINTED)) {
            for (const element of main.querySelectorAll(`[data-testid=${kind}]`)) {
                if (element.checkVisibility() && !element.querySelector(inside)) return kind;
            }
        }
        return '';
    };

    // Resolves to times in ms since the navigation, once a run later than the `runs`th is over and the page settled.
    bench.settled = (runs, mostMs) => new Promise((resolve, reject) => {
        const begun = performance.now();
        let quietSince = begun, lookedAt = begun, seen = -1;
        const look = () => {
            const now = performance.now();
            const waiting = isWaiting(runs);
            if (waiting || bench.changedAt !== seen || now - lookedAt > LATE_MS) quietSince = now;
            seen = bench.changedAt;
            lookedAt = now;
            if (now - quietSince >= QUIET_MS) {
                resolve({
                    asked: bench.askedAt, settled: Math.max(bench.changedAt, bench.runOverAt),
                    heard: bench.heardAt, over: bench.runOverAt, last: bench.kind, received: bench.received, changes: { ...bench.changes },
                });
            } else if (now - begun > mostMs) {
                reject(new Error(`not settled after ${mostMs} ms: waits for ${waiting || 'quiet'}, ` +
                    `last change ${bench.kind} at ${Math.round(bench.changedAt)} ms ${bench.complaint}`));
            } else setTimeout(look, LOOK_MS);
        };
        look();
    });
})();
