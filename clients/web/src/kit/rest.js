// The REST interface: JSON in and out, cookies, the double submit, and refusals as exceptions with the server's words.

export class RestError extends Error {
  constructor(status, code, message, retryAfterMs) {
    super(message);
    Object.assign(this, { status, code, retryAfterMs });
  }
}

// `body`: an object is sent as JSON, a FormData as it is. Returns the answer's JSON, null for an empty one.
export async function rest(method, path, body, { signal } = {}) {
  let response;
  try {
    response = await fetch(path, { method, body: encoded(body), headers: headersFor(method, body), credentials: "same-origin", signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new RestError(0, "network", "The server cannot be reached. Check your connection.");
  }
  return answerOf(response.status, await response.text());
}

// The same for a file, with progress: fetch cannot tell how much has been sent. `onProgress(part of 1)`.
export function upload(path, form, { onProgress, signal } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    for (const [name, value] of Object.entries(headersFor("POST", form))) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => onProgress?.(total ? loaded / total : 0);
    request.onerror = () => reject(new RestError(0, "network", "The upload was interrupted."));
    request.onabort = () => reject(new DOMException("Cancelled", "AbortError"));
    request.onload = () => {
      try {
        resolve(answerOf(request.status, request.responseText));
      } catch (error) {
        reject(error);
      }
    };
    signal?.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

function answerOf(status, text) {
  const answer = parsed(text);
  if (status >= 200 && status < 300) return answer;
  const { code = "internal", message = `The server answered ${status}.`, retry_after_ms: wait } = answer?.error ?? {};
  throw new RestError(status, code, message, wait);
}

const encoded = (body) => (body === undefined || body instanceof FormData ? body : JSON.stringify(body));

function headersFor(method, body) {
  const headers = { accept: "application/json" };
  if (body !== undefined && !(body instanceof FormData)) headers["content-type"] = "application/json";
  if (method !== "GET") headers["x-xsrf-token"] = csrf();
  return headers;
}

const csrf = () => document.cookie.match(/(?:^|; )rooms_csrf=([^;]*)/)?.[1] ?? "";

function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}
