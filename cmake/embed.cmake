# sical_embed(sources docs_page ${CMAKE_CURRENT_SOURCE_DIR}/docs/page.html) : appends a source file to the list `sources` that
# defines   const char docs_page[], docs_page_end[]   with the bytes of the file and a NUL behind them, which is docs_page_end.
# The assembler embeds the file byte for byte; no generator of C arrays is needed.
function(sical_embed list symbol path)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.c)
    file(CONFIGURE OUTPUT ${source} @ONLY CONTENT [=[
__asm__(".section .rodata\n"
        ".global @symbol@\n"
        ".balign 16\n"
        "@symbol@:\n"
        ".incbin \"@path@\"\n"
        ".global @symbol@_end\n"
        "@symbol@_end:\n"
        ".byte 0\n"
        ".previous\n");
extern const char @symbol@[]; /* not an empty file, which C does not know */
]=])
    set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${path})
    set(${list} ${${list}} ${source} PARENT_SCOPE)
endfunction()
