# embed_text(FILE VARIABLE OUTPUT): a header with the text of a file as the string VARIABLE. What is
# exported as source is compiled and tested here as such, and must be at hand as text.
function(embed_text file variable output)
    file(READ ${file} text)
    string(REPLACE "\\" "\\\\" text "${text}")
    string(REPLACE "\"" "\\\"" text "${text}")
    string(REPLACE "\n" "\\n\"\n\"" text "${text}")
    file(CONFIGURE OUTPUT ${output} CONTENT "static const char ${variable}[] = \"@text@\";\n" @ONLY)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
endfunction()
