// A credential out of a link's fragment, as api/pages/fragment.py puts it in: deflated, in base64url. No server sees it.

const FORM = /^#credential=([A-Za-z0-9_-]+)$/;
const MAX_FRAGMENT = 16001; // with its "#"
const MAX_FILE = 1024 * 1024; // as large as a credential may be: a short fragment can unpack to very much

// The file's bytes; null where the fragment carries nothing. Throws where it is damaged.
export async function carried(fragment) {
  if (!fragment.startsWith("#credential=")) return null;
  const found = FORM.exec(fragment);
  if (!found || fragment.length > MAX_FRAGMENT) throw new Error("the fragment is not base64url, or too long");
  const packed = Uint8Array.from(atob(found[1].replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  const chunks = [];
  for (let size = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return new Blob(chunks);
    size += value.length;
    chunks.push(value);
    if (size > MAX_FILE) {
      await reader.cancel();
      throw new Error("the fragment unpacks to more than a credential");
    }
  }
}
