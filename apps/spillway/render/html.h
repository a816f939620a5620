#pragma once

#include <string>
#include <string_view>

namespace spillway {

/// The beginning of a page that stands alone: one style, no scripts, and it says itself that nothing comes from
/// elsewhere. To be ended with kPageEnd.
std::string page_head(std::string_view title);
/// With the version that wrote it.
std::string page_end();

/// Text as it may stand in a page; printable() before that.
std::string escaped(std::string_view text);

}  // namespace spillway
