// Files into pictures that the daemon reads: JPEG, PNG and WebP go as they are, whatever else the browser can show is
// drawn anew, and what is larger than any model looks at is made smaller, as phones' photographs are.

import { texts } from "./texts.js";

/** Larger files, or sides, bring a model nothing and take time to send. */
const LARGEST_FILE = 3 * 1024 * 1024;
const LARGEST_SIDE = 2048;
const READ = ["image/jpeg", "image/png", "image/webp"];

/** A part of a sequence from a file: `{type, image, name, width, height, shrunk}`. */
export async function pictureFromFile(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Error(texts.errors.noPicture(file.name || texts.composer.pasted));
  }
  const { width, height } = bitmap;
  try {
    const isSmall = file.size <= LARGEST_FILE && Math.max(width, height) <= LARGEST_SIDE;
    if (READ.includes(file.type) && isSmall) {
      return { type: "image", image: await dataURL(file), name: file.name, width, height };
    }
    const scale = Math.min(1, LARGEST_SIDE / Math.max(width, height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    const context = canvas.getContext("2d");
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const image = canvas.toDataURL("image/jpeg", 0.92);
    return { type: "image", image, name: file.name, width: canvas.width, height: canvas.height, shrunk: `${width} × ${height}` };
  } finally {
    bitmap.close();
  }
}

/** A part of a sequence from an asset of the page's. */
export async function pictureFromAddress(address) {
  const blob = await (await fetch(address)).blob();
  return pictureFromFile(new File([blob], new URL(address, location.href).pathname.split("/").at(-1), { type: blob.type }));
}

/** The pictures among what was dropped or pasted. */
export function filesOf(transfer) {
  return [...(transfer?.files ?? [])].filter((file) => file.type.startsWith("image/") || /\.(heic|heif|avif)$/i.test(file.name));
}

function dataURL(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** The bytes of a data URL as a file. */
export function blobOf(address) {
  const [head, body] = address.split(",", 2);
  const bytes = Uint8Array.from(atob(body), (character) => character.charCodeAt(0));
  return new Blob([bytes], { type: head.slice(5).split(";")[0] });
}
