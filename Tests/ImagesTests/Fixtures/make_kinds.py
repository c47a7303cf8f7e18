"""Writes pictures of less usual kinds and what Pillow makes of them: python3 make_kinds.py (made with Pillow 10.0.0)."""

from PIL import Image

width, height = 40, 28
rgb = Image.new("RGB", (width, height))
rgb.putdata([
    ((x * 6) % 256, (y * 9) % 256, (x * y // 3) % 256) for y in range(height) for x in range(width)
])
alpha = Image.new("L", (width, height))
alpha.putdata([(x * 6 + y * 3) % 256 for y in range(height) for x in range(width)])
rgba = rgb.copy()
rgba.putalpha(alpha)

Image.merge("CMYK", [*rgb.split(), alpha]).save("pictures/cmyk.jpg", quality=85)
rgb.save("pictures/progressive.jpg", quality=85, progressive=True)
rgb.convert("L").save("pictures/gray.jpg", quality=85)
rgb.save("pictures/rotated.jpg", quality=85, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0")
rgb.save("pictures/lossy.webp", quality=70)
rgba.save("pictures/lossless_alpha.webp", lossless=True, exact=True)
rgb.convert("P", palette=Image.ADAPTIVE, colors=16).save("pictures/palette.png")

for name in [
    "cmyk.jpg", "progressive.jpg", "gray.jpg", "rotated.jpg", "lossy.webp", "lossless_alpha.webp", "palette.png",
]:
    with Image.open(f"pictures/{name}") as picture:
        picture.convert("RGB").save(f"expected/{name}.png", optimize=True)
