"""Texts that are not what they seem, for the tests that put them everywhere."""

# Each would do something if it were taken for HTML, a script, a style or an address. What runs sets window.pwned.
HOSTILE = [
    "<script>window.pwned=1</script>", "<img src=x onerror=window.pwned=1>", "<svg onload=window.pwned=1>", "\"><script>window.pwned=1</script>",
    "javascript:window.pwned=1", "http://x.example/\" onmouseover=\"window.pwned=1", "https://x.example/<script>window.pwned=1</script>",
    "[x](javascript:window.pwned=1)", "`<img src=x onerror=window.pwned=1>`", "```\n<script>window.pwned=1</script>\n```", "**<b onclick=window.pwned=1>x</b>**",
    "@<img src=x onerror=window.pwned=1>", ":<img src=x onerror=window.pwned=1>:", "&lt;script&gt;window.pwned=1&lt;/script&gt;", "{{constructor.constructor('window.pwned=1')()}}",
    "${window.pwned=1}", "data:text/html,<script>window.pwned=1</script>", "https://user:pass@x.example@evil.example/", "\u202ehttps://gpj.evil.example/\u202c",
    "<style>*{display:none}</style>", "<iframe srcdoc='<script>parent.pwned=1</script>'>", "<a href=javascript:window.pwned=1>x</a>", "<details open ontoggle=window.pwned=1>",
    "<math><mtext></mtext><mglyph><style><img src=x onerror=window.pwned=1>", "'-window.pwned=1-'", "</textarea><script>window.pwned=1</script>",
]

# What finds out whether one of them did.
HARMED = """const bad = [...document.querySelectorAll('script:not([src]), iframe, object, embed, base, style, math, [onerror], [onload], [onclick], [onmouseover], [ontoggle]')].map((one) => one.outerHTML.slice(0, 80));
    const links = [...document.querySelectorAll('a[href]')].filter(({ protocol }) => !['http:', 'https:', 'otpauth:'].includes(protocol)).map(({ href }) => href);
    const images = [...document.querySelectorAll('img')].filter(({ src }) => new URL(src).origin !== location.origin).map(({ src }) => src);
    return window.pwned === undefined ? [...bad, ...links, ...images] : ['it ran']"""
