# Embeds prompts/*.txt in the program: one generated source with each file's bytes, compiled into the roles room. A changed, new or
# removed file makes CMake run again.
file(GLOB prompt_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/prompts/*.txt)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${prompt_files})

set(PROMPT_ENTRIES "")
foreach(file IN LISTS prompt_files)
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} text)
  string(APPEND PROMPT_ENTRIES "    {\"${name}\", R\"prompt(${text})prompt\"},\n")
endforeach()
configure_file(${CMAKE_SOURCE_DIR}/cmake/prompt_texts.cpp.in ${CMAKE_BINARY_DIR}/generated/prompt_texts.cpp @ONLY)
target_sources(room_roles PRIVATE ${CMAKE_BINARY_DIR}/generated/prompt_texts.cpp)
