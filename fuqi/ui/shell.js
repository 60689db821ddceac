// Puts the few English words of the page's frame into Chinese; Streamlit has no language setting.
(() => {
  "use strict";
  const words = new Map([
    ["Running...", "正在计算…"],
    ["Running…", "正在计算…"],
    ["Stop", "停止"],
    ["Rerun", "重新计算"],
    ["Always rerun", "总是重新计算"],
    ["Settings", "设置"],
    ["Print", "打印"],
    ["Record a screencast", "录屏"],
    ["Record screen", "录屏"],
    ["About", "关于"],
    ["Clear cache", "清除缓存"],
    ["Fullscreen", "全屏"],
    ["Enter fullscreen", "全屏"],
    ["Close fullscreen", "退出全屏"],
    ["Exit fullscreen", "退出全屏"],
    ["Download as CSV", "下载 CSV"],
    ["Download as PNG", "下载 PNG 图片"],
    ["Download as SVG", "下载 SVG 图片"],
    ["Download", "下载"],
    ["Search", "搜索"],
    ["Show data", "查看数据"],
    ["Show chart", "查看图表"],
    ["Show/hide columns", "显示或隐藏列"],
    ["Hide column", "隐藏该列"],
    ["Pin column", "固定该列"],
    ["Unpin column", "取消固定"],
    ["Sort ascending", "升序"],
    ["Sort descending", "降序"],
    ["Autosize", "自动列宽"],
    ["Format", "格式"],
    ["Statistics", "统计"],
    ["No results", "没有匹配的选项"],
    ["Select an option", "请选择"],
    ["Choose an option", "请选择"],
    ["Clear value", "清除"],
    ["empty", "无数据"],
    ["Connecting", "正在连接"],
    ["CONNECTING", "正在连接"],
    ["Please wait...", "请稍候…"],
    ["Connection error", "连接中断"],
    ["Is Streamlit still running?", "服务可能已停止，请联系管理员。"],
    ["Page not found", "没有这个页面"],
    ["Open", "打开"],
    ["Close", "关闭"],
    ["Copy to clipboard", "复制"],
    ["Link to heading", "此标题的链接"],
    ["Skip to main content", "跳到正文"],
    ["Navigate to home page", "回到总览"],
    ["App pages", "页面"],
    ["Clear date", "清除日期"],
    ["Choose date", "选择日期"],
    ["Vega visualization", "图表"],
    ["No results found", "没有匹配的选项"],
    ["Previous month", "上个月"],
    ["Next month", "下个月"],
    ["View fullscreen", "全屏"],
    ["More pages", "更多页面"],
    ["Today", "今天"],
    ["Week numbers", "周数"],
    ["Open keyboard shortcuts", "键盘快捷键"],
    ["Zoom in", "放大"],
    ["Zoom out", "缩小"],
    ["Reset view", "复位"],
    ["Upload", "选择文件"],
    ["Upload directories", "选择文件夹"],
    ["Add files", "添加文件"],
    ["Browse files", "选择文件"],
    ["Drag and drop a file here", "把文件拖到这里"],
    ["Drag and drop files here", "把文件拖到这里"],
    ["Drag and drop directories here", "把文件夹拖到这里"],
    ["Remove file", "移除文件"],
    ["Dialog", "对话框"],
    ["Failed to generate file for download", "没有导出。请刷新页面再试，或联系管理员"],
    ["Failed to process backend operation", "没有导出。请刷新页面再试，或联系管理员"],
    ["Deferred download not properly configured", "没有导出。请刷新页面再试，或联系管理员"],
    ["Download failed", "没有导出。请刷新页面再试，或联系管理员"],
  ]);
  // Words that come with the name of what they are about: "Help for 导出本页", "Show data: 受理与办结".
  const patterns = [
    [/^Help for (.+)$/, "$1的说明"],
    [/^Show data: (.+)$/, "查看数据：$1"],
    [/^Download as PNG: (.+)$/, "下载 PNG 图片：$1"],
    [/^Download as SVG: (.+)$/, "下载 SVG 图片：$1"],
    [/^Copy Vega-Lite spec: (.+)$/, "复制图表定义：$1"],
    [/^(?:Fullscreen|View fullscreen): (.+)$/, "全屏：$1"],
    [/^Close fullscreen: (.+)$/, "退出全屏：$1"],
    [/^year, (.+)$/, "年，$1"],
    [/^month, (.+)$/, "月，$1"],
    [/^day, (.+)$/, "日，$1"],
    [/^Choose date, (.+)$/, "选择日期，$1"],
    [/^(\d+) options? available\.?$/, "$1 个选项"],
    [/^Use arrow keys to navigate dates\..*$/, "方向键选择日期，回车确认，Esc 关闭"],
    [/^(\S+?) ?([KMG]?B) per file(.*)$/, "每个文件不超过 $1 $2$3"],
    [/^File must be (.+) or smaller\.$/, "文件不能大于 $1"],
    [/^(.*) files are not allowed\.$/, "不能上传这种文件：$1"],
    [/^Remove (.+)$/, "移除 $1"],
    [/^Showing page (\d+) of (\d+)$/, "第 $1 页，共 $2 页"],
    [/^\w+ icon$/, "图标"],
    [/^Title text '(.+)'$/, "标题：$1"],
    [/^Subtitle text '(.+)'$/, "说明：$1"],
  ];
  const attributes = ["aria-label", "title", "placeholder", "alt"];
  // A chart's own buttons list its rows under the names of the data's columns, and make pictures that no log tells of.
  // The word 下载 below it does both as it should be done.
  const doneBelow = /^(Show data|Download as PNG|Download as SVG|Copy Vega-Lite spec)(: |$)/;

  const inChinese = (text) => {
    const known = words.get(text);
    if (known !== undefined) return known;
    for (const [pattern, chinese] of patterns) {
      if (pattern.test(text)) return text.replace(pattern, chinese);
    }
    return undefined;
  };

  const translate = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      const chinese = inChinese(node.data.trim());
      if (chinese !== undefined) node.data = node.data.replace(node.data.trim(), () => chinese);
      return;
    }
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    for (const name of attributes) {
      const text = (node.getAttribute(name) || "").trim();
      const ownButton = doneBelow.test(text) && node.closest("[data-testid=stElementToolbarButton]");
      if (ownButton) ownButton.style.display = "none";
      const chinese = text && inChinese(text);
      if (chinese) node.setAttribute(name, chinese);
    }
    for (const child of node.childNodes) translate(child);
  };

  new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === "childList") change.addedNodes.forEach(translate);
      else translate(change.target);
    }
  }).observe(document.documentElement, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
    attributeFilter: attributes,
  });
  translate(document.documentElement);

  // The files of a chart or table unfold beside it; they fold up when one is taken, or something else is clicked.
  const foldUp = (event) => {
    for (const menu of document.querySelectorAll("details[name=files][open]")) {
      const isElsewhere = !menu.contains(event.target) || event.target.closest("a");
      if (event.type === "keydown" ? event.key === "Escape" : isElsewhere) menu.open = false;
    }
  };
  addEventListener("click", foldUp);
  addEventListener("keydown", foldUp);

  // What a card's KPI means, beside its question mark and within the window, while that is pointed at or has the focus.
  const meaning = document.createElement("div");
  meaning.className = meaning.id = "fuqi-help-text";
  meaning.setAttribute("role", "tooltip");
  let explained = null;
  const fallSilent = () => {
    meaning.remove();
    explained?.removeAttribute("aria-describedby");
    explained = null;
  };
  const standBeside = () => {
    const of = explained.getBoundingClientRect();
    if (!of.width || of.bottom < 0 || of.top > innerHeight) return fallSilent();
    const { width, height } = meaning.getBoundingClientRect();
    const mostLeft = document.documentElement.clientWidth - width - 8;
    meaning.style.left = `${Math.max(8, Math.min(of.left, mostLeft))}px`;
    meaning.style.top = `${of.top > height + 6 ? of.top - height - 6 : of.bottom + 6}px`;
  };
  const explain = ({ target }) => {
    const mark = target.closest?.(".fuqi-help") ?? document.activeElement?.closest(".fuqi-help:focus-visible");
    if (mark === explained) return;
    fallSilent();
    if (!mark) return;
    explained = mark;
    meaning.textContent = mark.dataset.meaning;
    mark.setAttribute("aria-describedby", meaning.id);
    document.body.append(meaning);
    standBeside();
  };
  for (const kind of ["mouseover", "focusin", "pointerdown"]) addEventListener(kind, explain);
  for (const kind of ["focusout", "keydown"]) addEventListener(kind, fallSilent);
  document.documentElement.addEventListener("mouseleave", fallSilent);
  addEventListener("scroll", () => explained && standBeside(), { capture: true, passive: true });

  // A login leaves the app and comes back to its start: the sign-in page says where it began.
  addEventListener("pagehide", () => {
    if (!document.querySelector(".st-key-sign_in")) return;
    const began = encodeURIComponent(location.pathname + location.search);
    document.cookie = `fuqi_return=${began}; path=/; max-age=600; samesite=lax`;
  });

  // One step back is the place or the page before, as it was left: a change of the other filters replaces the entry of
  // its page instead of adding one, as does what a page adds to its address while it is drawn for the first time.
  // Going back loads the entry's address anew, since a running page would keep today's filters.
  let isArriving = true;
  new MutationObserver((changes) => {
    for (const { target, oldValue } of changes) {
      if (oldValue === "running" && target.dataset.testScriptState === "notRunning") isArriving = false;
    }
  }).observe(document.documentElement, {
    subtree: true,
    attributeFilter: ["data-test-script-state"],
    attributeOldValue: true,
  });
  const place = (url) =>
    ["street", "community", "park", "station"].map((level) => url.searchParams.get(level)).join();
  const push = history.pushState.bind(history);
  history.pushState = (state, title, url) => {
    const to = new URL(url, location.href);
    const isOtherPage = to.pathname !== location.pathname;
    if (isOtherPage) isArriving = true;
    const isStep = isOtherPage || (!isArriving && place(to) !== place(new URL(location.href)));
    if (isStep) push(state, title, url);
    else history.replaceState(state, title, url);
  };
  addEventListener(
    "popstate",
    (event) => {
      event.stopImmediatePropagation();
      location.reload();
    },
    { capture: true },
  );
})();
