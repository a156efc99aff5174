"""Who uses the keyboard stays where they are when what is around them, or they themselves, are drawn anew."""
from steps import enter, go, quiet, url
from wire import WebSocket



def at(page, name):
    """Until the keyboard is at what is called so: where it leads, or what it says."""
    page.wait("const at = document.activeElement; return (at.getAttribute('href') ?? at.getAttribute('aria-label') ?? at.textContent) === args[0]", name)


def anew(page, selector):
    """Focuses an element and returns a function that waits until another has taken its place."""
    page.wait("window.was = document.querySelector(args[0]); was?.focus(); return was && document.activeElement === was", selector)
    return lambda: page.wait("return !window.was.isConnected")


def test_in_the_list_of_rooms(browser, server):
    ann = enter(browser, server, "ann", "den")
    go(ann, "r/lobby")
    ann.wait("return document.querySelectorAll('.side a[href^=\"#/r/\"]').length === 2")
    again = anew(ann, ".side a[href='#/r/den']")
    ann.run("window.other = document.querySelector('.side a[href=\"#/r/lobby\"]')")
    with WebSocket(server.http) as bob:
        bob.call("chat.join", room="den")
        bob.call("chat.say", room="den", text="hello")
        again()
    at(ann, "#/r/den")
    ann.wait("return document.activeElement.textContent.includes('1')")
    assert ann.run("return window.other.isConnected")
    quiet(ann)


def test_in_the_head_of_a_room_and_from_its_menu(browser, server):
    ann = enter(browser, server, "ann")
    with WebSocket(server.http) as bob, WebSocket(server.http) as eve:
        # What says how many there are is another word then.
        again = anew(ann, ".pane-head [aria-label$='person'], .pane-head [aria-label$='people']")
        bob.call("chat.join", room="lobby")
        again()
        at(ann, "2 people")
        again = anew(ann, ".pane-head [aria-label='Room settings']")
        ann.press("Enter")
        ann.wait("return document.activeElement.matches('.menu-box button')")
        eve.call("chat.join", room="lobby")
        again()
        assert ann.run("return document.activeElement.matches('.menu-box button')")
        ann.press("Escape")
        at(ann, "Room settings")
    quiet(ann)


def test_while_one_waits_for_a_stranger(browser, server):
    ann = browser.open("ann", url(server, "#/strangers"))
    ann.wait("return document.querySelector('input[name=interests]')")
    ann.click("form button.primary")
    again = anew(ann, ".box .spinner + button")
    again()
    at(ann, "Wait no longer")
    ann.press("Enter")
    ann.wait("return document.querySelector('input[name=interests]')")
    quiet(ann)
