// For tests: what a model, a file or a server may write to leave the place it was given.
#pragma once

#include <string>
#include <vector>

namespace retort {

inline std::vector<std::string> hostile_texts() {
  return {
      "<script>alert(1)</script>",
      "<ScRiPt src=//evil.example/x.js></sCrIpT>",
      "</script><script>alert(1)</script>",
      "<img src=x onerror=alert(1)>",
      "<svg/onload=alert(1)>",
      "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
      "<body onload=alert(1)>",
      "<iframe srcdoc='<script>parent.alert(1)</script>'>",
      "<a href=\"javascript:alert(1)\">x</a>",
      "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 "
      "onerror=alert(1)&gt;\">",
      "\" onmouseover=\"alert(1)",
      "' onfocus='alert(1)' autofocus='",
      "\"><script>alert(1)</script>",
      "'><svg onload=alert(1)>",
      "--><script>alert(1)</script><!--",
      "<!--",
      "]]><script>alert(1)</script>",
      "</title><script>alert(1)</script>",
      "</style><script>alert(1)</script>",
      "</td></tr></table><h1>owned</h1>",
      "</textarea><script>alert(1)</script>",
      "<style>*{display:none}</style>",
      "<link rel=stylesheet href=//evil.example/x.css>",
      "<meta http-equiv=refresh content=\"0;url=//evil.example\">",
      "<base href=//evil.example/>",
      "<form action=//evil.example><input name=q>",
      "&lt;script&gt;alert(1)&lt;/script&gt;",
      "&#60;script&#62;alert(1)&#60;/script&#62;",
      "&#x3C;img src=x onerror=alert(1)&#x3E",
      "%3Cscript%3Ealert(1)%3C/script%3E",
      "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
      "{{constructor.constructor('alert(1)')()}}",
      "{}{0}{:x}{{}}%s%n",
      "<\x00script>alert(1)</script>",
      "\xC0\xBCscript\xC0\xBE",             // overlong < and >
      "\xE0\x80\xBCimg onerror=alert(1)>",  // and longer
      "<scr\xFFipt>alert(1)</scr\xFFipt>",
      "\xE2\x80\xAEtxet desrever\xE2\x80\xAC",  // right-to-left override
      "\x1b]0;owned\x07\x1b[2J",
      "\xEF\xBC\x9Cscript\xEF\xBC\x9E",  // full-width < and >
      "`alert(1)`",
      "line one\r\nline two\n\n<b>line four",
      "\xE2\x80\xA8<script>\xE2\x80\xA9",
  };
}

}  // namespace retort
