"""Names and phone numbers of the demo patients, from number ranges reserved for fiction where a country has one."""

import unicodedata

from attrs import frozen


@frozen
class Culture:
    """`phone` is a country code with the start of a number, which `phone_digits` more digits complete.

    `country` is the authority of the national number.
    """

    country: str
    phone: str
    phone_digits: int
    women: str
    men: str
    families: str

    def given_names(self, sex: str) -> list[str]:
        """Both lists unless `sex` is female or male."""
        return _split({"female": self.women, "male": self.men}.get(sex, f"{self.women}, {self.men}"))

    def family_names(self, given_name: str) -> list[str]:
        """Those in the same script as the given name: Latin or not."""
        return [name for name in _split(self.families) if _is_latin(name) == _is_latin(given_name)]


def _split(names: str) -> list[str]:
    return names.split(", ")


def _is_latin(name: str) -> bool:
    return any(unicodedata.name(letter).startswith("LATIN") for letter in name)


CULTURES = (
    Culture(
        country="gb",
        phone="+442079460",
        phone_digits=3,
        women="Olivia, Isla, Freya, Siân, Anwen, Grace, Mary-Anne, Zoë, Chloë, Elspeth",
        men="Oliver, George, Callum, Rhys, Llŷr, Arthur, Hamish, Jack, Noël, St John",
        families="Smith, Jones, Taylor, Ap Gwynedd, MacLeod, Fitz-Gerald, Hughes-Brown, Cholmondeley, Evans, Walker",
    ),
    Culture(
        country="ie",
        phone="+3531555",
        phone_digits=4,
        women="Aoife, Niamh, Saoirse, Róisín, Gráinne, Siobhán, Máire, Clíodhna",
        men="Seán, Cian, Oisín, Pádraig, Tadhg, Eoin, Ruairí, Fionn",
        families="O'Brien, O'Sullivan, Murphy, Byrne, O'Connor, MacCarthy, Fitzgerald, D'Arcy, Ó Súilleabháin",
    ),
    Culture(
        country="us",
        phone="+120255501",
        phone_digits=2,
        women="Emma, Ava, Mia, Sophia, Latoya, Mary Lou, Anna-Kate, Destiny, Kaʻiulani, Ayita",
        men="Liam, Noah, James, DeShawn, Billy Ray, Ethan, La'Marcus, Keola, Hunter, Elijah",
        families="Johnson, Williams, Brown, Davis, Washington, Kealoha, Begay, O'Neal, Miller-Jones, Saint-Louis",
    ),
    Culture(
        country="es",
        phone="+346009",
        phone_digits=5,
        women="María José, Lucía, Carmen, Begoña, Itziar, Núria, Sofía, Inés",
        men="José Luis, Hugo, Martín, Iñaki, Álvaro, Jordi, Andrés, Raúl",
        families="García López, Fernández Núñez, Martínez Peña, de la Fuente Ruiz, Etxeberria Muñoz, Puigdomènech Solé",
    ),
    Culture(
        country="br",
        phone="+5511900",
        phone_digits=6,
        women="Ana Clara, Maria Eduarda, Júlia, Conceição, Letícia, Heloísa, Antônia",
        men="João Pedro, Miguel, Luís, Antônio, Sebastião, Caio, Vinícius",
        families="da Silva, dos Santos, Oliveira, de Souza Araújo, Gonçalves, Magalhães, Sant'Anna, Conceição",
    ),
    Culture(
        country="fr",
        phone="+33140550",
        phone_digits=3,
        women="Anne-Sophie, Chloé, Élodie, Léa, Aïcha, Françoise, Marie-Hélène, Inès",
        men="Jean-Baptiste, François, Théo, Loïc, Jérôme, Gaël, Mathéo, Étienne",
        families="d'Aubigné, Lefèvre, Martin, de La Tour, L'Hôpital, Bézier-Lacroix, Noël, Benoît, Çelik",
    ),
    Culture(
        country="de",
        phone="+491760406",
        phone_digits=4,
        women="Anna-Lena, Käthe, Jutta, Greta, Heike, Zoé, Annegret, Marlene",
        men="Jürgen, Karl-Heinz, Jörg, Lukas, Günther, Björn, Hans-Peter, Emil",
        families="Müller, Schröder, Weiß, von der Heide, Groß, Schäfer, Meyer-Landrut, Böhm, zu Guttenfels",
    ),
    Culture(
        country="nl",
        phone="+3161234",
        phone_digits=4,
        women="Sanne, Noor, Fleur, Zoë, Marijke, Anne-Fleur, Renée, Lotte",
        men="Daan, Sem, Jan-Willem, René, Thijs, Joris, Koen, Bram",
        families="de Vries, van den Berg, 't Hooft, in 't Veld, van der Meer, Bakker, Visser, ten Brink, Coëlho",
    ),
    Culture(
        country="se",
        phone="+4670174",
        phone_digits=4,
        women="Åsa, Linnéa, Märta, Ebba, Sølvi, Ingrid, Astrid, Gøril",
        men="Åke, Björn, Göran, Lars-Erik, Søren, Håkon, Nils, Øystein",
        families="Lindström, Åkesson, Sørensen, Ødegård, Björk, Nygård, Hansen, Sjögren, Bjerkås",
    ),
    Culture(
        country="fi",
        phone="+358457",
        phone_digits=7,
        women="Aino, Päivi, Tuulikki, Eeva-Liisa, Kyllikki, Hilla, Sáárá",
        men="Väinö, Jyrki, Pekka, Juha-Matti, Eino, Onni, Niillas",
        families="Hämäläinen, Korhonen, Mäkelä, Järvinen, Niemi, Virtanen, Väänänen, Länsman",
    ),
    Culture(
        country="pl",
        phone="+4850012",
        phone_digits=4,
        women="Małgorzata, Zofia, Łucja, Agnieszka, Bożena, Grażyna, Jadwiga",
        men="Łukasz, Paweł, Grzegorz, Stanisław, Zdzisław, Michał, Józef",
        families="Nowak, Wójcik, Zając, Mazur, Wróbel, Dąb-Kocioł, Pająk, Gałązka, Krawczyk",
    ),
    Culture(
        country="hu",
        phone="+363012",
        phone_digits=5,
        women="Ágnes, Zsófia, Eszter, Csilla, Réka, Ildikó, Tünde",
        men="László, István, Gergő, Ferenc, Zoltán, Bálint, Győző",
        families="Nagy, Szabó, Kovács, Tóth, Kőszegi, Hegedűs, Szűcs, Vörös",
    ),
    Culture(
        country="tr",
        phone="+905061",
        phone_digits=6,
        women="Ayşe, Zeynep, İpek, Çiğdem, Gülşen, Elif, Şule",
        men="Mehmet, Yiğit, Ömer, Çağlar, İsmail, Oğuz, Barış",
        families="Yılmaz, Öztürk, Şahin, Çelik, Yıldız, Güneş, Kılıç, Aydoğdu",
    ),
    Culture(
        country="ua",
        phone="+380501",
        phone_digits=6,
        women="Оксана, Юлія, Ганна, Надія, Соломія, Мар'яна",
        men="Тарас, Андрій, Олексій, Сергій, Богдан, Юрій",
        families="Шевченко, Коваленко, Бондаренко, Кравчук, Мельник, Лисенко, В'юн",
    ),
    Culture(
        country="eg",
        phone="+201000",
        phone_digits=6,
        women="فاطمة, Nour, مريم, Aisha, ليلى, Salma, Amina Rose",
        men="محمد, Omar, يوسف, Khaled, عمر, Abd al-Rahman, Tariq",
        families="الحسيني, El-Sayed, al-Masri, حداد, Ben Youssef, Abu l-Naga, Mansour",
    ),
    Culture(
        country="ir",
        phone="+98912",
        phone_digits=7,
        women="Shirin, زهرا, Parisa, نازنین, Golnāz, Mahsa",
        men="علی\u200cرضا, Dariush, رضا, Kāveh, Hossein, Siāvash",
        families="Rahimi, محمدی, Tehrāni, Farrokhzād, کریمی, Moghaddam",
    ),
    Culture(
        country="in",
        phone="+919000",
        phone_digits=6,
        women="Priya, Lakshmi, Ananya, अनिता, Harpreet Kaur, Meenakshi, Zainab",
        men="Arjun, Rahul, विजय, Gurpreet Singh, Venkata Ramana, Imran, Sanjay",
        families="Patel, Sharma, Iyer, शर्मा, Chattopadhyay, D'Souza, Krishnamurthy, Khan, Singh",
    ),
    Culture(
        country="cn",
        phone="+861380000",
        phone_digits=4,
        women="伟芳, Xiùyīng, 静, Lìhuá, 丽娜, Mei",
        men="伟, Jiànguó, 强, Zhìyuǎn, 明轩, Hao",
        families="李, Wáng, 张, Liú, 欧阳, Ouyang, 陈, Lǚ",
    ),
    Culture(
        country="jp",
        phone="+819012",
        phone_digits=6,
        women="花子, Yūko, さくら, Haruka, 美咲, Chiyoko",
        men="太郎, Shōta, 健一, Ryūnosuke, ひろし, Kenji",
        families="佐藤, Satō, 鈴木, Ōno, 高橋, Kobayashi, 伊藤, Yamamoto",
    ),
    Culture(
        country="kr",
        phone="+821012",
        phone_digits=6,
        women="지은, Ji-eun, 서연, Soo-young, 하은, Min-ji",
        men="민준, Min-jun, 현우, Hyun-woo, 성호, Dong-hyun",
        families="김, Kim, 이, Lee, 박, Park, 남궁, Choi",
    ),
    Culture(
        country="vn",
        phone="+849012",
        phone_digits=5,
        women="Thị Mai, Ngọc Ánh, Thu Hương, Bích Thủy, Mỹ Linh",
        men="Văn Hùng, Đức Anh, Minh Quân, Hữu Phước, Quốc Bảo",
        families="Nguyễn, Trần, Lê, Phạm, Đặng, Vũ, Huỳnh, Tôn Nữ",
    ),
    Culture(
        country="ng",
        phone="+234803",
        phone_digits=7,
        women="Ngọzi, Adébísí, Chiamaka, Fọláṣadé, Aminat, Ebele",
        men="Olúwaṣeun, Chukwuemeka, Ifẹ́olúwa, Emeka, Ibrahim, Babátúndé",
        families="Adébáyọ̀, Okonkwo, Ọláyínká, Eze-Nwosu, Bello, Ọbásanjọ́, N'Diaye",
    ),
    Culture(
        country="ke",
        phone="+25471",
        phone_digits=7,
        women="Selam, Tigist, Hiwot, ሰላም, Wanjirũ, Makeda",
        men="Abebe, Dawit, Tewodros, ዳዊት, Kamau, Yohannes",
        families="Bekele, Gebre-Selassie, Haile Mariam, Tesfaye, Ng'ang'a, ተስፋዬ",
    ),
    Culture(
        country="gr",
        phone="+306901",
        phone_digits=6,
        women="Ελένη, Αικατερίνη, Δήμητρα, Ιωάννα, Ζωή",
        men="Γιώργος, Νικόλαος, Δημήτρης, Ιωάννης, Θεόδωρος",
        families="Παπαγεωργίου, Οικονόμου, Γεωργίου, Αλεξίου, Θεοδώρου, Χρήστου",
    ),
    Culture(
        country="il",
        phone="+9723",
        phone_digits=7,
        women="נועה, Tamar, שירה, Yael, Chaya-Mushka",
        men="דוד, Itai, יוסף, Moshe, Ze'ev",
        families="כהן, Ben-David, לוי, Bar-On, Sha'ul, Mizrahi, בן דוד",
    ),
    Culture(
        country="nz",
        phone="+64210",
        phone_digits=6,
        women="Aroha, Hēni, Mārama, Ngaio, Sina, Tūī",
        men="Tāne, Hōne, Wiremu, Rāwiri, Sione, Tama",
        families="Ngata, Te Rangi Hīroa, Tāwhiri, Parata, Fa'asavalu, 'Akau'ola, Walker",
    ),
)
