// sabre/verify/html.h: counterexamples as one page that needs nothing but itself.
#ifndef SABRE_VERIFY_HTML_H_
#define SABRE_VERIFY_HTML_H_

#include <fstream>
#include <string>
#include <vector>

#include "sabre/verify/history_json.h"
#include "sabre/verify/html_script.h"
#include "sabre/verify/html_style.h"

namespace sabre::verify {

namespace internal {

inline std::string HtmlText(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// Everything between the title and the data. The policy forbids the page to fetch anything.
inline constexpr const char* kHtmlBody = R"html(
<header>
<p id="where"></p>
<h1 id="violated"></h1>
<p id="claim"></p>
<p id="length"></p>
<div class="again"><span id="again-label">Run it again</span>
<code id="again" tabindex="0" aria-labelledby="again-label"></code>
<button id="copy" type="button">Copy</button></div>
<p id="choice"><label for="stories">Failing execution</label> <select id="stories"></select></p>
</header>
<main>
<section id="left" aria-label="The execution">
<div id="stage">
<svg id="arrows" aria-hidden="true" focusable="false"></svg>
<table id="steps" role="grid" tabindex="0" aria-label="Steps, a column for each thread"></table>
</div>
<div id="ends"></div>
<p class="legend">
<span><svg width="34" height="12" aria-hidden="true"><path class="arrow reads"
 d="M2 6 H26"/><path class="head reads" d="M26 2 L33 6 L26 10 Z"/></svg> reads from</span>
<span><svg width="34" height="12" aria-hidden="true"><path class="arrow synchronizes"
 d="M2 6 H26"/><path class="head synchronizes" d="M26 2 L33 6 L26 10 Z"/></svg>
 synchronizes with</span>
<span><span class="mark stale">stale</span> reads a store that is not the newest</span>
<span id="race-legend"><span class="mark race">race</span> nothing orders the two</span>
</p>
<p class="keys"><kbd>j</kbd> <kbd>↓</kbd> next step, <kbd>k</kbd> <kbd>↑</kbd> step before,
<kbd>Home</kbd> first, <kbd>End</kbd> last; or click a step</p>
</section>
<aside id="panel" aria-label="The step" aria-live="polite"></aside>
</main>
<noscript><p>The steps of the execution are drawn by a script, which is switched off here.</p></noscript>
)html";

}  // namespace internal

// Writes a page of these counterexamples (see StoryJson). Returns whether the file could be written.
inline bool WriteHtml(const std::string& file, const std::string& program,
                      const std::vector<std::string>& stories) {
  std::ofstream out(file);
  out << "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
         "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta name=\"color-scheme\" content=\"light dark\">\n<title>"
      << internal::HtmlText(program) << "</title>\n<style>" << internal::kHtmlStyle
      << "</style>\n</head>\n<body>" << internal::kHtmlBody
      << "<script type=\"application/json\" id=\"data\">" << internal::JsonArray(stories, ",\n")
      << "</script>\n<script>" << internal::kHtmlScript << "</script>\n</body>\n</html>\n";
  out.close();
  return out.good();
}

}  // namespace sabre::verify

#endif  // SABRE_VERIFY_HTML_H_
