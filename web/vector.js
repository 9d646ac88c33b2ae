// Draws vector images: browsers do that in elements only, not in workers.

/** The SVG image of `text` as PNG. Nothing in it is executed, and nothing is loaded for it: an image element does neither. */
export async function raster(text, width, height) {
  const url = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext('2d').drawImage(image, 0, 0, width, height);
    return await canvas.convertToBlob();
  } finally {
    URL.revokeObjectURL(url);
  }
}
