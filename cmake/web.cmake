# Builds web/ with Vite (scripts/build_web) and embeds the script and the style sheet in the serve room. Where node or npm's registry
# is missing the build goes on, and the program says that its page was not built.
file(GLOB web_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/web/*.json ${CMAKE_SOURCE_DIR}/web/*.ts ${CMAKE_SOURCE_DIR}/web/src/*)
add_custom_command(
  OUTPUT ${CMAKE_BINARY_DIR}/generated/web_page.cpp
  COMMAND python3 ${CMAKE_SOURCE_DIR}/scripts/build_web ${CMAKE_BINARY_DIR}
  DEPENDS ${web_sources} ${CMAKE_SOURCE_DIR}/scripts/build_web
  COMMENT "Building the dashboard's page"
  VERBATIM)
target_sources(room_serve PRIVATE ${CMAKE_BINARY_DIR}/generated/web_page.cpp)
