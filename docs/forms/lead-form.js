// See docs/forms/README.md. MIT OR Apache-2.0.
(() => {
  "use strict";
  // Older browsers keep the plain form.
  if (!AbortSignal.timeout || !("ariaBusy" in Element.prototype)) return;
  const WORDS = {
    en: {
      sending: "Sending…",
      again: "No answer yet. Trying again in # s…",
      sent: "Thank you. We have received it.",
      mend: "Please check:",
      failed: "This could not be sent. What you typed is still here: please try again. It will not arrive twice.",
      refused: "This could not be taken. Please tell whoever runs this page.",
      captcha: "Please confirm once more that you are a person.",
      required: "Please fill this in.",
      "/contact": "Please give an e-mail address or a phone number.",
      "/consent/purpose": "Please tick this box, so that we may answer.",
      "not-an-email": "Please give one e-mail address, such as name@company.com.",
      "too-long": "This is too long.",
      "illegal-character": "This holds a character that cannot be taken. Please type it again.",
      other: "Please check this.",
    },
    zh: {
      sending: "正在提交……",
      again: "暂时没有响应，# 秒后重试……",
      sent: "谢谢，我们已收到。",
      mend: "请检查：",
      failed: "未能提交。您填写的内容仍在：请稍后再试，不会重复提交。",
      refused: "无法接收，请联系本网站的管理员。",
      captcha: "请再次完成人机验证。",
      required: "请填写此项。",
      "/contact": "请填写电子邮箱或电话。",
      "/consent/purpose": "请勾选此项，以便我们与您联系。",
      "not-an-email": "请填写一个电子邮箱，例如 name@company.com。",
      "too-long": "内容过长。",
      "illegal-character": "含有无法接收的字符，请重新输入。",
      other: "请检查此项。",
    },
  };
  const ATTEMPTS = 4;
  const LONGEST_WAIT = 60; // seconds

  // A page may forbid storage; then nothing is remembered.
  const recall = (name) => {
    try {
      return JSON.parse(sessionStorage.getItem(name));
    } catch {
      return null;
    }
  };
  const keep = (name, value) => {
    try {
      sessionStorage.setItem(name, JSON.stringify(value));
    } catch {}
  };

  // How the visit began: this page, or an earlier one that has this script, too.
  const visit = () => {
    const began = {};
    for (const [name, value] of new URLSearchParams(location.search)) {
      const utm = /^utm_(source|medium|campaign|term|content)$/.exec(name);
      if (utm) began["source.utm." + utm[1]] = [...value].slice(0, 100).join("");
    }
    if (document.referrer) {
      const from = new URL(document.referrer);
      if (from.origin !== location.origin) began["custom.referrer"] = (from.origin + from.pathname).slice(0, 500);
    }
    if (Object.keys(began).length) keep("lead-visit", began);
    return recall("lead-visit") || began;
  };
  const began = visit();

  // Tells an edited form from the same one; what was typed is not stored.
  const mark = (text) => {
    let a = 1, b = 2;
    for (const c of text) {
      a = Math.imul(a ^ c.codePointAt(), 2654435761);
      b = Math.imul(b ^ c.codePointAt(), 1597334677);
    }
    return a + "." + b;
  };

  const put = (parent, tag, className, text = "") => {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text;
    parent.append(made);
    return made;
  };

  const attach = (form) => {
    if (form.leadForm) return;
    form.leadForm = true;
    form.noValidate = true;
    const words = WORDS[/^zh/i.test(form.closest("[lang]")?.lang) ? "zh" : "en"];
    const alert = put(form, "div", "lead-form-alert");
    alert.role = "alert";
    alert.tabIndex = -1;
    form.prepend(alert);
    const status = put(form, "p", "lead-form-status");
    status.role = "status";
    let busy = false;

    const field = (pointer) => {
      for (const path = pointer.slice(1).split("/"); path.length; path.pop()) {
        const name = path.join(".");
        const is = (e) => e.type !== "hidden" && (e.name === name || e.dataset.pointer === name);
        const found = [...form.elements].find(is);
        if (found) return found;
      }
    };

    const clear = (input) => {
      if (!input.leadError) return;
      input.leadError.remove();
      input.leadError = null;
      input.ariaInvalid = null;
      input.setAttribute("aria-describedby", input.dataset.hint);
    };

    const show = (input, text) => {
      input.id ||= "lead-" + input.name;
      input.dataset.hint ??= input.getAttribute("aria-describedby") || "";
      const note = (input.leadError = put(input.closest(".lead-form-field") || input.parentElement, "p", "lead-form-error", text));
      note.id = input.id + "-error";
      input.ariaInvalid = "true";
      input.setAttribute("aria-describedby", input.dataset.hint + " " + note.id);
    };

    const tell = (text) => {
      put(alert, "p", "", text);
      alert.focus();
    };

    // Says what is to mend: beside each field, and together above the form.
    const mend = (errors) => {
      let first;
      put(alert, "p", "", words.mend);
      const list = put(alert, "ul", "");
      // In the order of the page.
      const place = ({ pointer }) => [...form.elements].indexOf(field(pointer));
      for (const { pointer, code } of errors.sort((a, b) => place(a) - place(b))) {
        const input = field(pointer);
        const text = words[pointer] || words[code] || words.other;
        const item = put(list, "li", "");
        if (input) {
          if (!input.leadError) show(input, text);
          first ||= input;
          const link = put(item, "a", "", input.dataset.label || input.labels[0]?.textContent || input.name);
          link.href = "#" + input.id;
          link.onclick = () => input.focus();
        } else item.textContent = pointer;
        item.append(": " + text);
      }
      (first || alert).focus();
    };

    const post = async (body) => {
      for (let attempt = 1; ; attempt++) {
        let wait = 2 ** attempt / 2;
        try {
          const answer = await fetch(form.action, {
            method: "POST",
            body,
            headers: { accept: "application/json" },
            signal: AbortSignal.timeout(30000),
          });
          // 409: the first request under this key is not settled yet.
          if (![409, 429, 500, 502, 503, 504].includes(answer.status)) return answer;
          const after = answer.headers.get("retry-after");
          if (after) wait = +after || (Date.parse(after) - Date.now()) / 1000;
        } catch {}
        if (attempt === ATTEMPTS || !(wait < LONGEST_WAIT)) return null;
        status.textContent = words.again.replace("#", Math.ceil(wait));
        await new Promise((go) => setTimeout(go, wait * 1000));
        status.textContent = words.sending;
      }
    };

    const send = async () => {
      const body = new URLSearchParams(new FormData(form));
      const onward = body.get("redirect");
      ["redirect", "submission_id", "elapsed_ms"].forEach((name) => body.delete(name));
      const added = Object.keys(began).filter((name) => !body.get(name));
      for (const name of added) body.set(name, began[name]);
      const channel = new URLSearchParams(form.dataset.channels).get(began["source.utm.medium"]);
      if (channel) body.set("source.channel", channel);

      const slot = "lead-key " + form.action;
      const same = new URLSearchParams(body);
      ["captcha_token", "cf-turnstile-response"].forEach((name) => same.delete(name));
      const content = mark(same.toString());
      let kept = recall(slot) || {};
      const another = () => {
        kept = { content, key: crypto.getRandomValues(new Uint32Array(4)).join("-") };
        keep(slot, kept);
      };
      if (kept.content !== content) another();
      body.set("elapsed_ms", Math.round(performance.now()));

      for (let left = 3; left; left--) {
        body.set("submission_id", kept.key);
        const answer = await post(body);
        if (!answer) break;
        const said = await answer.json().catch(() => ({}));
        if (answer.ok) {
          keep(slot, null);
          form.dispatchEvent(new CustomEvent("lead-form:sent", { bubbles: true, detail: said }));
          if (onward) return location.assign(onward);
          const done = document.getElementById(form.dataset.done) || put(form.parentElement, "div", "lead-form-done", words.sent);
          done.querySelectorAll("[data-lead-id]").forEach((place) => (place.textContent = said.lead_id));
          form.hidden = true;
          done.hidden = false;
          done.tabIndex = -1;
          return done.focus();
        }
        // What the visitor cannot see must not cost the lead.
        const spoilt = (said.errors || []).map(({ pointer }) => pointer.slice(1).replaceAll("/", ".")).filter((name) => added.includes(name));
        if (spoilt.length && spoilt.length === said.errors.length) spoilt.forEach((name) => body.delete(name));
        else if (/reused$/.test(said.type)) another();
        else {
          form.dispatchEvent(new CustomEvent("lead-form:refused", { bubbles: true, detail: said }));
          if (said.errors) return mend(said.errors);
          return tell(/challenge/.test(said.type) ? words.captcha : words.refused);
        }
      }
      tell(words.failed);
    };

    form.addEventListener("input", (event) => clear(event.target));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (busy) return;
      alert.textContent = "";
      [...form.elements].forEach(clear);
      const missing = [...form.elements].filter((input) => input.validity?.valueMissing);
      if (missing.length) return mend(missing.map(({ name }) => ({ pointer: "/" + name.replaceAll(".", "/"), code: "required" })));
      busy = true;
      form.ariaBusy = "true";
      status.textContent = words.sending;
      try {
        await send();
      } finally {
        busy = false;
        form.ariaBusy = null;
        status.textContent = "";
      }
    });
  };

  window.leadForm = attach;
  const all = () => document.querySelectorAll("form[data-lead-form]").forEach(attach);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", all);
  else all();
})();
