"""What tests do with a page to explore that is open in a browser."""


def place(tab, alpha, beta, index=0):
    """Where a place of the contours is on the screen."""
    box = tab.locator(".map").nth(index).bounding_box()
    x, y, width, height = box["x"] + 48, box["y"] + 24, box["width"] - 56, box["height"] - 64
    return x + (alpha + 1) / 2 * width, y + (1 - beta) / 2 * height


def ink(tab, selector):
    """What a view shows, as text that changes with it."""
    tab.wait_for_timeout(100)
    return tab.locator(selector).first.evaluate("canvas => canvas.toDataURL()")


def saved(tab, button):
    with tab.expect_download() as download:
        tab.click(button)
    return download.value.path().read_bytes()
